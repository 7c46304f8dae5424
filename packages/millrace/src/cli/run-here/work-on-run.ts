/** A run that this command works on itself: begun or found, worked on, followed to its end, let go. */
import {
  MillraceError,
  type Pipeline,
  type RunId,
  type RunRow,
  runOf,
  startedRun,
  type Worker,
} from "@millrace/core";
import { oneLine } from "../error-line.ts";
import { findRun, followRun } from "../follow-run.ts";
import type { Interrupt } from "../interrupt.ts";
import type { OpenHome, Shell } from "../shell.ts";
import { localTime } from "../words.ts";
import { type ServedBatch, startWorker, stopAtOnce } from "./run-worker.ts";
import type { StoreTrouble } from "./store-trouble.ts";

/** What working on a run takes, and whom it tells. */
export interface RunHere {
  readonly shell: Shell;
  readonly home: OpenHome;
  readonly trouble: StoreTrouble;
  readonly interrupt: Interrupt;
}

/** A run as a command left it. */
export interface WorkedRun {
  /** As it ended, or as it stood when a signal stopped the command. */
  readonly run: RunRow;
  /** As this command found it; further than nothing where it was interrupted earlier. */
  readonly before: RunRow;
}

/** A run as the command found it. */
export interface FoundRun {
  readonly row: RunRow;
  /** Whether it was at work on these parameters already. */
  readonly isContinued: boolean;
}

const POLL_MS = 100;

/** Says what a command's user should know of where its run will be. */
export function sayHome(shell: Shell, { info, place }: OpenHome): void {
  if (info.initdbMs !== undefined) {
    const seconds = (info.initdbMs / 1_000).toFixed(1);
    shell.terminal.say("info", `made a new store at ${place.name} in ${seconds} s`);
  }
  if (place.kind === "memory") {
    shell.terminal.say("warn", "the store is memory: nothing is kept when this command ends");
  }
}

/** Starts the run of these parameters, or finds the one that is at work on them. @throws MillraceError `conflict` for a paused one, `queue-full` */
export async function openRun<Params>(
  { home, shell }: Pick<RunHere, "home" | "shell">,
  batch: Pipeline<Params>,
  params: NoInfer<Params>,
): Promise<FoundRun> {
  const { run, coordinator } = await runOf(batch, params);
  const started = startedRun(await home.store.startRun(run, coordinator), coordinator);
  const row = await findRun(home.store, started.run);
  const isContinued = started.result === "resumed";
  if (isContinued)
    shell.terminal.say("info", `continuing run ${row.id}, started ${localTime(row.createdAtMs)}`);
  else shell.terminal.say("debug", `run ${row.id}`);
  if (row.state !== "paused") return { row, isContinued };
  throw new MillraceError("conflict", `run ${row.id} is paused: run "millrace batch resume ${row.id}" first`);
}

/** Works on the run until it has ended, whoever ends it, or a signal comes. @throws the store's error that ended it. */
export async function workOnRun(
  parts: RunHere & { onSnapshot(run: RunRow): void },
  batch: ServedBatch,
  id: RunId,
): Promise<RunRow> {
  const { home, shell, trouble, interrupt } = parts;
  const onError = (error: unknown, where: string): void => {
    trouble.met(error);
    shell.terminal.say("debug", `${where}: ${oneLine(error)}`);
  };
  const worker = startWorker({ home, batch, settings: shell.settings, onError });
  const following = new AbortController();
  const ended = followRun(home.store, id, {
    everyMs: POLL_MS,
    signal: following.signal,
    onSnapshot: parts.onSnapshot,
    onTrouble: (error) => onError(error, "progress"),
  });
  const interrupted = interrupt.first.then(() => drain(interrupt, worker));
  try {
    await Promise.race([ended, interrupted, trouble.fatal.then(rethrow)]);
    await Promise.race([worker.stop(), trouble.fatal.then(rethrow)]);
    following.abort();
    return await ended;
  } catch (error) {
    following.abort();
    await Promise.all([stopAtOnce(worker), ended.catch(() => undefined)]);
    throw error;
  }
}

/** The first signal lets running chunks finish, the second does not. */
async function drain(interrupt: Interrupt, worker: Worker): Promise<void> {
  const stopped = worker.stop();
  await Promise.race([stopped, interrupt.second.then(() => stopAtOnce(worker))]);
}

function rethrow(error: unknown): never {
  throw error;
}
