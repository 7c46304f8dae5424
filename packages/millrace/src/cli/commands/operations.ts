/** The commands `operations ls|show|abort`. */
import {
  isId,
  MillraceError,
  OPERATION_STATES,
  type OperationId,
  type OperationState,
  operationRecord,
} from "@millrace/core";
import { type Command, Option } from "commander";
import { commandActor } from "../command-actor.ts";
import { EXIT } from "../exit-code.ts";
import { findOperation } from "../operation/carry-out.ts";
import { OPERATION_COLUMNS, printOperation } from "../operation/operation-lines.ts";
import { type Format, outputOption, printList, wholeNumberFrom } from "../output.ts";
import type { Run } from "../run.ts";
import { type Shell, withHome } from "../shell.ts";

interface ListOptions {
  readonly state?: OperationState;
  readonly limit: number;
  readonly output: Format;
}

const MAX_ROWS = 200;

/** Adds the commands. */
export function addOperations(program: Command, run: Run): void {
  const group = program.command("operations").description("look at bulk actions, and end them");
  group
    .command("ls")
    .description("list operations, newest first")
    .addOption(new Option("--state <state>", "only operations in this state").choices(OPERATION_STATES))
    .option("--limit <n>", "most operations", wholeNumberFrom(1, MAX_ROWS), 20)
    .addOption(outputOption())
    .action((options: ListOptions, command: Command) => run(command, (shell) => list(shell, options)));
  group
    .command("show")
    .description("show one operation: how far it is, and what it could not do")
    .argument("<id>", "id of the operation")
    .addOption(outputOption())
    .action((id: string, options: { output: Format }, command: Command) =>
      run(command, (shell) => show(shell, id, options.output)),
    );
  group
    .command("abort")
    .description("end an operation: what is done stays, nothing more is")
    .argument("<id>", "id of the operation")
    .option("--reason <text>", "why, kept with it")
    .action((id: string, options: { reason?: string }, command: Command) =>
      run(command, (shell) => abort(shell, id, options.reason)),
    );
}

function list(shell: Shell, { state, limit, output }: ListOptions): Promise<number> {
  return withHome(shell, { reads: true }, async ({ store }) => {
    const { rows, next } = await store.operations(state === undefined ? {} : { states: [state] }, { limit });
    const empty = "there are no such operations";
    printList(shell.terminal, output, { columns: OPERATION_COLUMNS, rows: rows.map(operationRecord), empty });
    if (next !== undefined) shell.terminal.say("info", "there are more: raise --limit");
    return EXIT.ok;
  });
}

function show(shell: Shell, id: string, format: Format): Promise<number> {
  const known = operationId(id);
  return withHome(shell, { reads: true }, async ({ store }) => {
    printOperation(shell.terminal, format, await findOperation(store, known));
    return EXIT.ok;
  });
}

function abort(shell: Shell, id: string, reason: string | undefined): Promise<number> {
  const known = operationId(id);
  return withHome(shell, { reads: true }, async ({ store }) => {
    const answer = await store.abortOperation(known, {
      reason,
      by: process.env["USER"],
      actor: commandActor(),
    });
    const row = await findOperation(store, known);
    shell.terminal.say(
      "info",
      answer === "aborted" ? `aborted ${id}` : `${id} had ended already: ${row.state}`,
    );
    return EXIT.ok;
  });
}

function operationId(text: string): OperationId {
  if (isId(text)) return text as OperationId; // isId has looked
  throw new MillraceError("not-found", `"${text}" is no operation's id: see "millrace operations ls"`);
}
