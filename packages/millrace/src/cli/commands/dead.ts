/** The commands `dead ls|groups|show|replay|purge`. */
import { isId, type JobId, MillraceError, type OperationRequest, type Rate } from "@millrace/core";
import type { Command } from "commander";
import { type DeadWords, deadFilter, listGroups, listLetters, showLetter } from "../dead/list-dead.ts";
import { patchOf, type StartOptions, startOperation } from "../operation/start-operation.ts";
import { type Format, outputOption, wholeNumberFrom } from "../output.ts";
import type { Run } from "../run.ts";
import type { Shell } from "../shell.ts";

interface ListOptions extends DeadWords {
  readonly limit: number;
  readonly output: Format;
}

interface BulkOptions extends DeadWords, StartOptions {
  readonly all?: boolean;
  readonly reason?: string;
  readonly rate?: string;
  readonly canary?: number;
  readonly canaryPercent?: number;
  readonly patch?: string;
}

const MAX_ROWS = 200;
const MOST_CANARY = 1_000;

/** Adds the commands. */
export function addDead(program: Command, run: Run): void {
  const group = program.command("dead").description("look at dead letters, replay them, remove them");
  addLooking(group, run);
  bulk(group, "replay", "have dead letters run again")
    .option(
      "--canary <n>",
      "so many first; the rest only if enough of them complete",
      wholeNumberFrom(1, MOST_CANARY),
    )
    .option("--canary-percent <p>", "how many of the canary must complete", wholeNumberFrom(0, 100), 100)
    .option("--patch <json>", "JSON merge patch for their inputs")
    .action((ids: string[], options: BulkOptions, command: Command) =>
      run(command, (shell) => replay(shell, ids, options)),
    );
  bulk(group, "purge", "forget dead letters for good").action(
    (ids: string[], options: BulkOptions, command: Command) =>
      run(command, (shell) => purge(shell, ids, options)),
  );
}

function addLooking(group: Command, run: Run): void {
  filtered(group.command("ls").description("list dead letters, those that died last first"))
    .option("--limit <n>", "most dead letters", wholeNumberFrom(1, MAX_ROWS), 20)
    .addOption(outputOption())
    .action((options: ListOptions, command: Command) => run(command, (shell) => listLetters(shell, options)));
  filtered(group.command("groups").description("list equal failures, the most frequent first"))
    .option("--limit <n>", "most groups", wholeNumberFrom(1, MAX_ROWS), 20)
    .addOption(outputOption())
    .action((options: ListOptions, command: Command) => run(command, (shell) => listGroups(shell, options)));
  group
    .command("show")
    .description("show one dead letter with its attempts; it stays where it is")
    .argument("<id>", "id of the job")
    .addOption(outputOption())
    .action((id: string, options: { output: Format }, command: Command) =>
      run(command, (shell) => showLetter(shell, id, options.output)),
    );
}

function filtered(command: Command): Command {
  return command
    .option("--queue <queue>", "only jobs of this queue")
    .option("--name <name>", "only jobs of this name")
    .option("--tenant <tenant>", "only jobs of this tenant")
    .option("--fingerprint <fingerprint>", "only jobs that failed so");
}

function bulk(group: Command, name: string, description: string): Command {
  return filtered(group.command(name).description(description).argument("[ids...]", "ids of jobs"))
    .option("--all", "all there are, where neither ids nor a filter say which")
    .option("--dry-run", "only say how many")
    .option("--yes", "do not ask")
    .option("--reason <text>", "why, kept with each job")
    .option("--rate <rate>", "most jobs a second, minute or hour: 100/s, 30/m, 1000/h")
    .option("--detach", "leave it to workers, do not wait")
    .addOption(outputOption());
}

function replay(shell: Shell, ids: readonly string[], options: BulkOptions): Promise<number> {
  const { canary, canaryPercent = 100, patch } = options;
  const request = {
    ...requestOf("retry", ids, options),
    canary: canary === undefined ? undefined : { jobs: canary, minCompleted: canaryPercent },
    patch: patchOf(patch),
  };
  return startOperation(shell, request, { ...options, verb: "replay", noun: "dead letter" });
}

function purge(shell: Shell, ids: readonly string[], options: BulkOptions): Promise<number> {
  const request = requestOf("delete", ids, options);
  return startOperation(shell, request, { ...options, verb: "remove", noun: "dead letter" });
}

function requestOf(
  action: OperationRequest["action"],
  ids: readonly string[],
  { all = false, reason, rate, ...words }: BulkOptions,
): OperationRequest {
  const filter = deadFilter(words);
  const isNamed = ids.length > 0 || Object.values(filter).some((word) => word !== undefined);
  if (isNamed === all) {
    throw new MillraceError("bad-usage", "say which dead letters: by ids, by a filter, or --all of them");
  }
  return {
    action,
    filter: { ...filter, ids: ids.length === 0 ? undefined : ids.map(jobId), states: ["dead"] },
    reason,
    rate: rate as Rate | undefined, // checked where the operation is made
  };
}

function jobId(text: string): JobId {
  if (isId(text)) return text as JobId; // isId has looked
  throw new MillraceError("not-found", `"${text}" is no job's id: see "millrace dead ls"`);
}
