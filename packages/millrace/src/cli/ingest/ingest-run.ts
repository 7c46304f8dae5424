/** One ingest, from the open store to its end: starts or continues the run, works on it, follows it, lets go. */
import { type Batch, isFinishedRun, type RunId, type RunRow, type Worker } from "@millrace/core";
import { INGEST_STEP, type IngestParams, ingestBatch } from "@millrace/rag";
import { oneLine } from "../error-line.ts";
import { findRun, followRun } from "../follow-run.ts";
import type { Interrupt } from "../interrupt.ts";
import type { OpenHome, Shell } from "../shell.ts";
import { count, localTime } from "../words.ts";
import { IngestMeter, type IngestProgress } from "./ingest-progress.ts";
import { ingestTools } from "./ingest-tools.ts";
import { startWorker, stopAtOnce } from "./ingest-worker.ts";
import type { StoreTrouble } from "./store-trouble.ts";

/** What an ingest works with, and whom it tells. */
export interface IngestParts {
  readonly shell: Shell;
  readonly home: OpenHome;
  readonly params: IngestParams;
  readonly trouble: StoreTrouble;
  readonly interrupt: Interrupt;
  onProgress(progress: IngestProgress): void;
}

const POLL_MS = 100;

/** The run as it ended, or as it stood when a signal stopped the command. @throws the store's error that ended it. */
export async function runIngest(parts: IngestParts): Promise<RunRow> {
  const { home, shell, params } = parts;
  const meter = new IngestMeter();
  const tools = ingestTools(home, (delta) => meter.read(delta));
  try {
    const notice = await home.collections.prepare();
    if (notice !== undefined) shell.terminal.say("warn", notice);
    const { model, dimensions } = tools.embedder;
    await home.collections.ensure({ name: params.collection, model, dimensions });
    const batch = ingestBatch(tools);
    return await workOn({ ...parts, meter }, batch, await startRun(parts, batch));
  } finally {
    await tools.extractor.stop();
  }
}

async function startRun({ home, shell, params }: IngestParts, batch: Batch<IngestParams>): Promise<RunId> {
  const { run, coordinator } = batch.newRun(params, "");
  const started = await home.store.startRun(run, coordinator);
  if (started.result === "resumed") {
    const { createdAtMs } = await findRun(home.store, started.run);
    shell.terminal.say("info", `continuing run ${started.run}, started ${localTime(createdAtMs)}`);
  } else {
    shell.terminal.say("debug", `run ${started.run}`);
  }
  return started.run;
}

async function workOn(
  parts: IngestParts & { readonly meter: IngestMeter },
  batch: Batch<IngestParams>,
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
async function drain({ shell, interrupt }: IngestParts, worker: Worker): Promise<void> {
  shell.terminal.say("info", "finishing the documents in work; Ctrl-C again stops at once");
  const stopped = worker.stop();
  await Promise.race([stopped, interrupt.second.then(() => stopAtOnce(worker))]);
}

function rethrow(error: unknown): never {
  throw error;
}

/** What to say where a signal came before the run's end; `undefined` where it did not. */
export function interruptedLine(run: RunRow): string | undefined {
  if (isFinishedRun(run.state)) return undefined;
  const { done = 0, filtered = 0, failed = 0, sealed = 0, read = 0 } = run.counters[INGEST_STEP] ?? {};
  const total = sealed > 0 ? ` of ${count(read)}` : "";
  return `interrupted: ${count(done + filtered + failed)}${total} documents are done and kept; run the same command again to go on`;
}
