// Owns how the figures of the jobs benchmark read: on the terminal and in RESULTS.md.
import { describeMachine, toMarkdown, withSpread } from "../shared/markdown.mjs";
import { FIGURES } from "./figures.mjs";

/** The page of results. `node`: the version all systems ran on. */
export function renderResults({ results, bars, rounds, node, plot }) {
  return `# Jobs: millrace against graphile-worker, pg-boss and BullMQ on PostgreSQL

Every system runs in a process of its own on Node ${node}, on a database of its own of one PostgreSQL server with default
durable settings, in turn within each of ${rounds} rounds. Medians, with the least and greatest run in brackets.
Processor time is that of the measured stretch, of the process and of all server processes. A drain counts from the
worker's start until nothing is left unfinished; handlers are no-ops. graphile-worker keeps no history; the others keep
every finished job. Where a system runs fewer jobs, that is because it would take minutes.
insert-notify is no queue, but what latency cannot be below: one durable insert with a NOTIFY, and somebody who listens.
bare-statements is none either, but about what a drain cannot be above: claims and completions over the narrowest tables
that lease, fence and keep history, by two connections in a plain loop.
Worker processes of the rows that count them are up before the word to start.

${describeMachine()}

${renderTables(results)}

## Bars

${renderBars(bars)}

![jobs per second](${plot})

Made by \`npm run bench:jobs\`; \`--rounds\`, \`--jobs\`, \`--rows\` and \`--growth\` change what is run.
`;
}

/** One table a row. */
export function renderTables(results) {
  return results.map(renderRow).join("\n\n");
}

/** The bars and whether they hold. */
export function renderBars(bars) {
  const rows = bars.map(({ row, what, bar, measured, holds }) => [
    row,
    what,
    bar,
    measured,
    holds ? "holds" : "**missed**",
  ]);
  return toMarkdown(["row", "figure", "wanted", "measured", ""], rows);
}

function renderRow({ row, systems }) {
  const names = Object.keys(FIGURES).filter((name) =>
    systems.some(({ figures }) => figures[name] !== undefined),
  );
  const [main = "rate"] = names;
  const header = ["system", "jobs", ...names.map((name) => FIGURES[name].unit), "ours ÷ it"];
  const ours = systems[0]?.figures[main]?.median;
  const lines = systems.map(({ name, jobs, figures }) => [
    name,
    jobs,
    ...names.map((figure) =>
      figures[figure] === undefined ? "" : withSpread(figures[figure], FIGURES[figure].digits),
    ),
    (ours / figures[main].median).toFixed(2),
  ]);
  return `### ${row.title}\n\n${toMarkdown(header, lines)}`;
}
