/** The command `stats`: figures of all queues. */
import type { Figures, Stats } from "@millrace/core";
import type { Command } from "commander";
import { withClient } from "../client.ts";
import { EXIT } from "../exit-code.ts";
import { type Format, outputOption, printList, printRecord } from "../output.ts";
import type { Run } from "../run.ts";
import type { Shell } from "../shell.ts";
import type { Column } from "../table.ts";
import { count } from "../words.ts";

/** Adds the command. */
export function addStats(program: Command, run: Run): void {
  program
    .command("stats")
    .description("print what waits and runs, what became of jobs, how long it took and how fast it goes")
    .addOption(outputOption())
    .action((options: { output: Format }, command: Command) =>
      run(command, (shell) => stats(shell, options.output)),
    );
}

interface Row extends Figures {
  readonly title: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "queue", cell: ({ title }) => title },
  { title: "queued", align: "right", cell: ({ queued }) => count(queued) },
  { title: "running", align: "right", cell: ({ running }) => count(running) },
  { title: "waiting", align: "right", cell: ({ waiting }) => count(waiting) },
  { title: "completed", align: "right", cell: ({ completed }) => count(completed) },
  { title: "dead", align: "right", cell: ({ dead }) => count(dead) },
  { title: "cancelled", align: "right", cell: ({ cancelled }) => count(cancelled) },
  { title: "expired", align: "right", cell: ({ expired }) => count(expired) },
  { title: "refused", align: "right", cell: ({ refused }) => count(refused) },
  { title: "success", align: "right", cell: ({ successRate }) => percent(successRate) },
  { title: "wait", align: "right", cell: ({ averageWaitMs }) => milliseconds(averageWaitMs) },
  { title: "run", align: "right", cell: ({ averageRunMs }) => milliseconds(averageRunMs) },
  { title: "per min", align: "right", cell: ({ lastMinute }) => count(Math.round(lastMinute.perMinute)) },
];

async function stats(shell: Shell, format: Format): Promise<number> {
  return withClient(shell, { reads: true }, async ({ mr }) => {
    const all = await mr.stats();
    const list = { columns: COLUMNS, rows: rowsOf(all), empty: "" };
    if (format === "table") printList(shell.terminal, format, list);
    else printRecord(shell.terminal, format, { value: all, lines: [] });
    return EXIT.ok;
  });
}

/** Each queue, those of several classes with each of them below, and all together. */
function rowsOf(all: Stats): readonly Row[] {
  const queues = all.queues.flatMap((queue) => {
    const classes = Object.entries(queue.priorities).map(([name, figures]) => ({
      ...figures,
      title: `  ${name}`,
    }));
    return [{ ...queue, title: queue.queue }, ...(classes.length > 1 ? classes : [])];
  });
  return [...queues, { ...all, title: "all" }];
}

function percent(share: number | null): string {
  return share === null ? "–" : `${(share * 100).toFixed(1)} %`;
}

function milliseconds(ms: number | null): string {
  return ms === null ? "–" : `${count(Math.round(ms))} ms`;
}
