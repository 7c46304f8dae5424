/** The commands `batch start|submit|ls|show|watch|items|pause|resume|cancel|restart|rm|clean`. */
import {
  FINISHED_RUN_STATES,
  isId,
  MillraceError,
  PRIORITIES,
  RUN_STATES,
  type RunId,
  type RunRow,
} from "@millrace/core";
import { type Command, Option } from "commander";
import { type ControlFlags, controlRun, type RunVerb } from "../batch/control-run.ts";
import { listItems } from "../batch/list-items.ts";
import { type CleanRunsFlags, cleanRuns, type RemoveFlags, removeRun } from "../batch/remove-runs.ts";
import { RUN_COLUMNS, runLines, runOnDisplay, runRecord } from "../batch/run-record.ts";
import { readParams, type StartFlags, startRunFrom, withFile } from "../batch/start-run.ts";
import { watchRun } from "../batch/watch-run.ts";
import { withClient } from "../client.ts";
import { EXIT } from "../exit-code.ts";
import { findRun } from "../follow-run.ts";
import { durationValue, namesFrom, wordsFrom } from "../option-values.ts";
import {
  addBulkOptions,
  type Format,
  outputOption,
  printList,
  printRecord,
  wholeNumberFrom,
} from "../output.ts";
import type { Run } from "../run.ts";
import { type Shell, withHome } from "../shell.ts";

interface ListOptions {
  readonly state?: RunRow["state"];
  readonly definition?: string;
  readonly tenant?: string;
  readonly limit: number;
  readonly output: Format;
}

interface ItemOptions {
  readonly state?: ItemState;
  readonly step?: string;
  readonly output: Format;
}

const ITEM_STATES = ["done", "filtered", "skipped", "failed"] as const;
type ItemState = (typeof ITEM_STATES)[number];
const MAX_ROWS = 200;

const CONTROLS: readonly (readonly [RunVerb, string])[] = [
  ["pause", "stop a run from beginning more; what is begun goes on"],
  ["resume", "have a paused run go on"],
  ["cancel", "end a run: what waits at once, what is begun is told to stop"],
  ["restart", "have a failed, partial or cancelled run go on where it stopped"],
];

/** Adds the commands. */
export function addBatch(program: Command, run: Run): void {
  const group = program
    .command("batch")
    .description("start batch runs, look at them and their items, change them");
  addStarting(group, run);
  addLooking(group, run);
  for (const [verb, description] of CONTROLS) addControl(group, run, { verb, description });
  addRemoving(group, run);
}

function addStarting(group: Command, run: Run): void {
  const start = group
    .command("start")
    .description("start a run of a definition; or find the one that is at work on the same parameters")
    .argument("<definition>", "name of the batch or pipeline")
    .argument("[params]", "its parameters, a JSON object")
    .option("--file <path>", "read the parameters from a file");
  addStartOptions(start).action(
    (definition: string, input: string | undefined, flags: StartFlags & { file?: string }) =>
      run(start, async (shell) => {
        const params = await readParams(shell, { input, file: flags.file });
        return startRunFrom(shell, { definition, params, flags });
      }),
  );
  const submit = group
    .command("submit")
    .description(
      "start a run over the items of an NDJSON file: its parameter `file` is the file's whole path",
    )
    .argument("<definition>", "name of the batch or pipeline, such as bulk_insert")
    .argument("<items>", "NDJSON file, an item a line, where the workers find it too")
    .option("--params <json>", "further parameters, a JSON object");
  addStartOptions(submit).action(
    (definition: string, items: string, flags: StartFlags & { params?: string }) =>
      run(submit, async (shell) => {
        const given = await readParams(shell, { input: flags.params, file: undefined });
        return startRunFrom(shell, { definition, params: withFile(shell, given, items), flags });
      }),
  );
}

function addStartOptions(command: Command): Command {
  return command
    .option("--queue <queue>", "queue; the one that the definition names", "default")
    .addOption(new Option("--priority <class>", "class of its chunks").choices(PRIORITIES))
    .option(
      "--identity <names>",
      "parameters that tell instances apart, with commas between; all otherwise",
      namesFrom,
    )
    .option("--rerun", "an instance that has completed may run again, as a new run")
    .option("--force", "start another run of an instance that has completed")
    .option("--tenant <tenant>", "tenant")
    .option("--correlation-id <id>", "what it belongs to")
    .option("--submitted-by <who>", "who started it; shown, never trusted")
    .option("--watch", "follow it until it ends; the exit code says how")
    .addOption(outputOption())
    .addHelpText("after", START_HELP);
}

const START_HELP = `
The command knows no definitions: name queue, identity and rerun as the program does whose workers run it; parameters are
checked by those. Exit codes: 0 started or at work already, 9 completed before, or no room in the queue; with --watch 4 failed,
5 partial.`;

function addLooking(group: Command, run: Run): void {
  group
    .command("ls")
    .description("list runs, newest first")
    .addOption(new Option("--state <state>", "only runs in this state").choices(RUN_STATES))
    .option("--definition <name>", "only runs of this batch or pipeline")
    .option("--tenant <tenant>", "only runs of this tenant")
    .option("--limit <n>", "most runs", wholeNumberFrom(1, MAX_ROWS), 20)
    .addOption(outputOption())
    .action((options: ListOptions, command: Command) => run(command, (shell) => list(shell, options)));
  group
    .command("show")
    .description("show one run with its steps and counters")
    .argument("<id>", "id of the run")
    .addOption(outputOption())
    .action((id: string, options: { output: Format }, command: Command) =>
      run(command, (shell) => show(shell, runId(id), options.output)),
    );
  group
    .command("watch")
    .description("follow a run until it ends; the exit code says how")
    .argument("<id>", "id of the run")
    .addOption(outputOption())
    .action((id: string, options: { output: Format }, command: Command) =>
      run(command, (shell) =>
        withClient(shell, { reads: true }, (client) =>
          watchRun(shell, client, { id: runId(id), ...options }),
        ),
      ),
    );
  group
    .command("items")
    .description("list a run's items: which ended how, and why")
    .argument("<id>", "id of the run")
    .addOption(new Option("--state <state>", "only items in this state").choices(ITEM_STATES))
    .option("--step <step>", "only items of this step; of a partition: step/partition")
    .addOption(outputOption())
    .action((id: string, options: ItemOptions, command: Command) =>
      run(command, (shell) => items(shell, runId(id), options)),
    );
}

function addControl(
  group: Command,
  run: Run,
  { verb, description }: { readonly verb: RunVerb; readonly description: string },
): void {
  const command = group
    .command(verb)
    .description(description)
    .argument("<id>", "id of the run")
    .option("--reason <text>", "why; kept in the audit");
  if (verb === "cancel") command.option("-y, --yes", "do it without asking");
  if (verb === "restart")
    command.option("--only-failed", "run the items again that failed, and nothing else");
  command
    .addOption(outputOption())
    .action((id: string, flags: ControlFlags) =>
      run(command, (shell) => controlRun(shell, verb, { id: runId(id), flags })),
    );
}

function addRemoving(group: Command, run: Run): void {
  const remove = group
    .command("rm")
    .description("forget a finished run, its steps and items; its instance may run again, its jobs stay")
    .argument("<id>", "id of the run")
    .option("--reason <text>", "why; kept in the audit")
    .option("-y, --yes", "do it without asking")
    .addOption(outputOption());
  remove.action((id: string, flags: RemoveFlags) =>
    run(remove, (shell) => removeRun(shell, runId(id), flags)),
  );
  const states = new Option("--state <states>", "of these states, with commas between them; all unless said");
  const clean = group
    .command("clean")
    .description("forget runs that finished long ago, as rm does")
    .requiredOption("--older-than <duration>", "since they finished", durationValue)
    .addOption(states.choices(FINISHED_RUN_STATES).argParser(wordsFrom(FINISHED_RUN_STATES)))
    .option("--reason <text>", "why; kept in the audit");
  addBulkOptions(clean).action((flags: CleanRunsFlags) => run(clean, (shell) => cleanRuns(shell, flags)));
}

async function list(shell: Shell, options: ListOptions): Promise<number> {
  return withHome(shell, { reads: true }, async ({ store }) => {
    const { state, limit, output, definition, tenant } = options;
    const states = state === undefined ? undefined : [state];
    const { rows, next } = await store.findRuns({ states, definition, tenant }, { limit });
    const empty = "there are no such runs";
    if (output === "table") printList(shell.terminal, output, { columns: RUN_COLUMNS, rows, empty });
    else printList(shell.terminal, output, { columns: [], rows: rows.map(runRecord), empty });
    if (next !== undefined) shell.terminal.say("info", "there are more: raise --limit");
    return EXIT.ok;
  });
}

function show(shell: Shell, id: RunId, format: Format): Promise<number> {
  return withClient(shell, { reads: true }, async ({ mr, home }) => {
    const shown = runOnDisplay(await findRun(home.store, id), await mr.run(id).steps());
    printRecord(shell.terminal, format, { value: shown.record, lines: runLines(shown) });
    return EXIT.ok;
  });
}

function items(shell: Shell, id: RunId, options: ItemOptions): Promise<number> {
  return withHome(shell, { reads: true }, async (home) =>
    listItems(shell, home, { row: await findRun(home.store, id), ...options }),
  );
}

function runId(text: string): RunId {
  if (isId(text)) return text as RunId; // isId has looked
  throw new MillraceError("not-found", `"${text}" is no run's id: see "millrace batch ls"`);
}
