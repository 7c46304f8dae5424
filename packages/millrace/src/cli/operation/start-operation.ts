/** Starts an operation from the command line: counts its jobs, asks, and sees it to its end. */
import {
  MillraceError,
  type NewOperation,
  newOperation,
  type OperationRequest,
  type Store,
} from "@millrace/core";
import { commandActor } from "../command-actor.ts";
import { confirmed } from "../confirm.ts";
import { EXIT } from "../exit-code.ts";
import type { Format } from "../output.ts";
import { type OpenHome, type Shell, withHome } from "../shell.ts";
import { counted } from "../words.ts";
import { carryOut } from "./carry-out.ts";
import { exitCodeOfOperation, printOperation } from "./operation-lines.ts";

/** How the command goes about it. */
export interface StartOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly detach?: boolean;
  readonly output: Format;
}

const COUNT_PAGE = 10_000;

/** Counts, asks, starts and waits. `what` names jobs and action: `replay` and `dead letter`. */
export function startOperation(
  shell: Shell,
  request: OperationRequest,
  { verb, noun, ...options }: StartOptions & { readonly verb: string; readonly noun: string },
): Promise<number> {
  const operation = newOperation("the command", {
    ...request,
    by: process.env["USER"],
    actor: commandActor(),
  });
  return withHome(shell, { reads: true }, async (home) => {
    const total = await countJobs(home.store, operation);
    const what = counted(total, noun);
    if (options.dryRun === true) {
      shell.terminal.print(`would ${verb} ${what}`);
      return EXIT.ok;
    }
    if (total === 0) {
      shell.terminal.say("info", `there is nothing to ${verb}`);
      return EXIT.ok;
    }
    if (options.yes !== true && !(await confirmed(shell.terminal, `${verb} ${what}?`))) return EXIT.error;
    return start(shell, home, { operation: { ...operation, total }, options });
  });
}

async function start(
  shell: Shell,
  { store }: OpenHome,
  { operation, options }: { readonly operation: NewOperation; readonly options: StartOptions },
): Promise<number> {
  const { id } = operation;
  await store.startOperation(operation);
  shell.terminal.say("info", `operation ${id}`);
  if (options.detach === true) {
    shell.terminal.say("info", `workers take it further: see "millrace operations show ${id}"`);
    return EXIT.ok;
  }
  const { row, isInterrupted } = await carryOut(shell, store, id);
  printOperation(shell.terminal, options.output, row);
  if (isInterrupted) {
    shell.terminal.say(
      "warn",
      `interrupted: workers take it further; to end it, "millrace operations abort ${id}"`,
    );
    return EXIT.interrupted;
  }
  if (row.state === "canary") {
    shell.terminal.say("info", "the rest follows once a worker of this store has run the canary's jobs");
  }
  return exitCodeOfOperation(row);
}

async function countJobs(store: Store, { filter }: NewOperation): Promise<number> {
  let total = 0;
  let after: string | undefined;
  do {
    const page = await store.countMatching(filter, { limit: COUNT_PAGE, after });
    total += page.count;
    after = page.next;
  } while (after !== undefined);
  return total;
}

/** Reads `--patch`. @throws MillraceError `bad-usage` for what is no JSON. */
export function patchOf(text: string | undefined): OperationRequest["patch"] {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw noPatch(text, error);
  }
}

function noPatch(text: string, cause: unknown): MillraceError {
  return new MillraceError("bad-usage", `--patch takes a JSON merge patch, not ${text}`, { cause });
}
