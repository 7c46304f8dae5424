// Owns how the figures of the bulk benchmark read: on the terminal and in RESULTS.md.
import { loadavg } from "node:os";
import { describeMachine, toMarkdown, withSpread } from "../shared/markdown.mjs";
import { summarise } from "../shared/statistics.mjs";

/** The page of results. */
export function renderResults({ results, bars, rounds, plot }) {
  return `# Bulk work

Each row runs ${rounds} times, its systems in turn within each round: on the embedded database in a folder of its own, and on
a PostgreSQL server of the benchmark's own with default durable settings, which has no pgvector. Medians, with the
least and greatest run in brackets.

${describeMachine()} Load while this was measured: ${loadavg()[1].toFixed(1)} processes wanted a processor, the
benchmark's own among them; more than there are processors means that others were at work, and the figures are low.

${renderTables(results)}

## Bars

${renderBars(bars)}

![rates](${plot})

Made by \`npm run bench:bulk\`; \`--rounds\` and \`--rows\` change what is run.
`;
}

/** One table a row. */
export function renderTables(results) {
  return results.map(renderRow).join("\n\n");
}

/** The bars and whether they hold. */
export function renderBars(bars) {
  const rows = bars.map(({ row, system, bar, measured, holds }) => [
    row.title,
    system,
    `≥ ${bar} ${row.unit}`,
    measured.toFixed(0),
    holds ? "holds" : "**missed**",
  ]);
  return toMarkdown(["row", "system", "wanted", "measured", ""], rows);
}

function renderRow({ row, runs }) {
  const lines = row.systems.map(({ name }, index) => [name, withSpread(summarise(runs[index]), 0)]);
  return `## ${row.title}\n\n${row.says}\n\n${toMarkdown(["system", row.unit], lines)}`;
}
