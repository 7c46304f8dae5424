/** The commands `batch ls|show|watch|items`. */
import { isId, MillraceError, RUN_STATES, type RunId, type RunRow } from "@millrace/core";
import { type Command, Option } from "commander";
import { listItems } from "../batch-items.ts";
import { watchBatch } from "../batch-watch.ts";
import { EXIT } from "../exit-code.ts";
import { findRun } from "../follow-run.ts";
import { type Format, outputOption, printList, printRecord, wholeNumberFrom } from "../output.ts";
import type { Run } from "../run.ts";
import { RUN_COLUMNS, runLines, runRecord } from "../run-record.ts";
import { type OpenHome, type Shell, withHome } from "../shell.ts";

interface ListOptions {
  readonly state?: RunRow["state"];
  readonly limit: number;
  readonly output: Format;
}

interface ItemOptions {
  readonly state?: ItemState;
  readonly output: Format;
}

const ITEM_STATES = ["done", "filtered", "skipped", "failed"] as const;
type ItemState = (typeof ITEM_STATES)[number];
const MAX_ROWS = 200;

/** Adds the commands. */
export function addBatch(program: Command, run: Run): void {
  const group = program.command("batch").description("look at batch runs and their items");
  group
    .command("ls")
    .description("list runs, newest first")
    .addOption(new Option("--state <state>", "only runs in this state").choices(RUN_STATES))
    .option("--limit <n>", "most runs", wholeNumberFrom(1, MAX_ROWS), 20)
    .addOption(outputOption())
    .action((options: ListOptions, command: Command) => run(command, (shell) => list(shell, options)));
  group
    .command("show")
    .description("show one run with its counters")
    .argument("<id>", "id of the run")
    .addOption(outputOption())
    .action((id: string, options: { output: Format }, command: Command) =>
      run(command, (shell) => show(shell, id, options.output)),
    );
  group
    .command("watch")
    .description("follow a run until it ends; the exit code says how")
    .argument("<id>", "id of the run")
    .addOption(outputOption())
    .action((id: string, options: { output: Format }, command: Command) =>
      run(command, (shell) => onRun(shell, id, (home, row) => watchBatch(shell, home, { row, ...options }))),
    );
  group
    .command("items")
    .description("list a run's items: which ended how, and why")
    .argument("<id>", "id of the run")
    .addOption(new Option("--state <state>", "only items in this state").choices(ITEM_STATES))
    .addOption(outputOption())
    .action((id: string, options: ItemOptions, command: Command) =>
      run(command, (shell) => onRun(shell, id, (home, row) => listItems(shell, home, { row, ...options }))),
    );
}

async function list(shell: Shell, options: ListOptions): Promise<number> {
  return withHome(shell, { reads: true }, async ({ store }) => {
    const { state, limit, output } = options;
    const { rows, next } = await store.findRuns(state === undefined ? {} : { states: [state] }, { limit });
    const empty = "there are no such runs";
    if (output === "table") printList(shell.terminal, output, { columns: RUN_COLUMNS, rows, empty });
    else printList(shell.terminal, output, { columns: [], rows: rows.map(runRecord), empty });
    if (next !== undefined) shell.terminal.say("info", "there are more: raise --limit");
    return EXIT.ok;
  });
}

function show(shell: Shell, id: string, format: Format): Promise<number> {
  return onRun(shell, id, async (_home, row) => {
    printRecord(shell.terminal, format, { value: runRecord(row), lines: runLines(row) });
    return EXIT.ok;
  });
}

function onRun(
  shell: Shell,
  id: string,
  work: (home: OpenHome, row: RunRow) => Promise<number>,
): Promise<number> {
  if (!isId(id)) {
    throw new MillraceError("not-found", `"${id}" is no run's id: see "millrace batch ls"`);
  }
  return withHome(
    shell,
    { reads: true },
    async (home) => work(home, await findRun(home.store, id as RunId)), // isId has looked
  );
}
