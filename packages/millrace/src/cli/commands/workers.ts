/** The command `workers`: who is at work. */
import { PRIORITIES, type WorkerRecord, workerRecord } from "@millrace/core";
import type { Command } from "commander";
import { EXIT } from "../exit-code.ts";
import { type Format, outputOption, printList } from "../output.ts";
import type { Run } from "../run.ts";
import { type Shell, withHome } from "../shell.ts";
import type { Column } from "../table.ts";
import { localTime } from "../words.ts";

/** Adds the command. */
export function addWorkers(program: Command, run: Run): void {
  program
    .command("workers")
    .description("list the workers that are at work, on whatever machine")
    .addOption(outputOption())
    .action((options: { output: Format }, command: Command) =>
      run(command, (shell) => list(shell, options.output)),
    );
}

/** Most characters of a list of names in a table. */
const MOST_SHOWN = 40;

const COLUMNS: readonly Column<WorkerRecord>[] = [
  { title: "worker", cell: ({ name }) => name },
  { title: "host", cell: ({ host }) => host },
  { title: "process", align: "right", cell: ({ pid }) => String(pid) },
  { title: "version", cell: ({ version }) => version },
  { title: "busy", align: "right", cell: ({ running, concurrency }) => `${running}/${concurrency}` },
  { title: "state", cell: ({ draining }) => (draining ? "draining" : "taking jobs") },
  { title: "queues", cell: ({ queues }) => shortened(queues) },
  { title: "jobs", cell: ({ names }) => shortened(names) },
  {
    title: "classes",
    cell: ({ priorities }) => (priorities.length === PRIORITIES.length ? "all" : priorities.join(", ")),
  },
  { title: "started", cell: ({ startedAt }) => localTime(Date.parse(startedAt)) },
  { title: "seen", cell: ({ seenAt }) => localTime(Date.parse(seenAt)) },
];

async function list(shell: Shell, format: Format): Promise<number> {
  return withHome(shell, { reads: true }, async ({ store }) => {
    const rows = (await store.workers()).map(workerRecord);
    printList(shell.terminal, format, { columns: COLUMNS, rows, empty: "no worker is at work" });
    return EXIT.ok;
  });
}

function shortened(names: readonly string[]): string {
  const text = names.join(", ");
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN - 1)}…` : text;
}
