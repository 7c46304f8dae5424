/** One ingest, from the open store to its end: starts or continues the run, works on it, follows it, lets go. */
import { type Pipeline, type RunId, type RunRow, runOf, type Worker } from "@millrace/core";
import { cleanupMode, type IngestParams, ingestBatch } from "@millrace/rag";
import { oneLine } from "../error-line.ts";
import { findRun, followRun } from "../follow-run.ts";
import type { Interrupt } from "../interrupt.ts";
import type { OpenHome, Shell } from "../shell.ts";
import { localTime } from "../words.ts";
import { IngestMeter, type IngestProgress } from "./ingest-progress.ts";
import { ingestTools, type Reading } from "./ingest-tools.ts";
import { startWorker, stopAtOnce } from "./ingest-worker.ts";
import type { StoreTrouble } from "./store-trouble.ts";

/** What an ingest works with, and whom it tells. */
export interface IngestParts {
  readonly shell: Shell;
  readonly home: OpenHome;
  readonly params: IngestParams;
  readonly reading: Reading;
  readonly trouble: StoreTrouble;
  readonly interrupt: Interrupt;
  onProgress(progress: IngestProgress): void;
}

const POLL_MS = 100;

/** A run as a command left it. */
export interface WorkedRun {
  /** As it ended, or as it stood when a signal stopped the command. */
  readonly run: RunRow;
  /** As this command found it; further than nothing where it was interrupted earlier. */
  readonly before: RunRow;
}

/** Starts or continues the run and sees it through. @throws the store's error that ended it. */
export async function runIngest(parts: IngestParts): Promise<WorkedRun> {
  const { home, shell, params } = parts;
  const meter = new IngestMeter();
  const tools = ingestTools(home, parts.reading, (delta) => meter.read(delta));
  const notice = await home.collections.prepare();
  if (notice !== undefined) shell.terminal.say("warn", notice);
  const { model, dimensions } = tools.embedder;
  await home.collections.ensure({ name: params.collection, model, dimensions });
  const batch = ingestBatch(tools);
  const before = await startRun(parts, batch);
  return { before, run: await workOn({ ...parts, meter }, batch, before.id) };
}

async function startRun(
  { home, shell, params }: IngestParts,
  batch: Pipeline<IngestParams>,
): Promise<RunRow> {
  const { run, coordinator } = await runOf(batch, params);
  const started = await home.store.startRun(run, coordinator);
  const row = await findRun(home.store, started.run);
  if (started.result === "resumed") {
    shell.terminal.say("info", `continuing run ${row.id}, started ${localTime(row.createdAtMs)}`);
    warnOfMode(shell, row, params);
  } else {
    shell.terminal.say("debug", `run ${row.id}`);
  }
  return row;
}

/** A run's parameters are those it began with. */
function warnOfMode({ terminal }: Shell, row: RunRow, params: IngestParams): void {
  const begun = cleanupMode((JSON.parse(row.params) as IngestParams).cleanup); // written by the batch
  const wanted = cleanupMode(params.cleanup);
  if (begun === wanted) return;
  terminal.say(
    "warn",
    `it began with the clean-up mode ${begun} and goes on with it; run again for ${wanted}`,
  );
}

async function workOn(
  parts: IngestParts & { readonly meter: IngestMeter },
  batch: Pipeline<IngestParams>,
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
    onSnapshot: (run) => parts.onProgress(parts.meter.see(run, performance.now())),
    onTrouble: (error) => onError(error, "progress"),
  });
  const interrupted = interrupt.first.then(() => drain(parts, worker));
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

/** The first signal lets running documents finish, the second does not. */
async function drain({ interrupt }: IngestParts, worker: Worker): Promise<void> {
  const stopped = worker.stop();
  await Promise.race([stopped, interrupt.second.then(() => stopAtOnce(worker))]);
}

function rethrow(error: unknown): never {
  throw error;
}
