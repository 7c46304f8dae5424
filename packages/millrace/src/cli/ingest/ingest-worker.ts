/** The worker inside an ingest command: serves the batch's queue, told to stop once or, for the impatient, twice. */
import {
  type Batch,
  type OnError,
  Registry,
  type RetentionOptions,
  Worker,
  type WorkerOptions,
} from "@millrace/core";
import type { IngestParams } from "@millrace/rag";
import type { Settings } from "../../config/settings.ts";
import type { OpenHome } from "../shell.ts";

/** How long an ending store may hold up the command's end. */
const GIVE_UP_MS = 5_000;

/** Starts a worker for this batch. `onError` hears of what fails in the background. */
export function startWorker(parts: {
  readonly home: OpenHome;
  readonly batch: Batch<IngestParams>;
  readonly settings: Settings;
  readonly onError: OnError;
}): Worker {
  const { home, batch, settings, onError } = parts;
  const registry = new Registry();
  for (const handler of batch.handlers(home.store)) registry.add(handler);
  const open = () => Promise.resolve(home.info);
  const ports = { store: home.store, registry, open, onError, retention: retentionOf(settings) };
  const worker = new Worker(ports, workerOptions(batch, settings));
  worker.start();
  return worker;
}

/** One slot for the coordinator beside those of the chunks, unless a number is set. */
function workerOptions(batch: Batch<IngestParams>, settings: Settings): WorkerOptions {
  return {
    queues: [batch.queue],
    concurrency: settings.get("worker.concurrency") ?? batch.concurrency + 1,
    lease: settings.get("worker.lease"),
    sweep: settings.get("worker.sweep"),
    drain: settings.get("worker.drain"),
    grace: settings.get("worker.grace"),
    cancelPoll: settings.get("worker.cancelPoll"),
    maxBlock: settings.get("worker.maxBlock"),
  };
}

function retentionOf(settings: Settings): RetentionOptions {
  return {
    completed: settings.get("retention.completed"),
    cancelled: settings.get("retention.cancelled"),
    expired: settings.get("retention.expired"),
    dead: settings.get("retention.dead"),
    audit: settings.get("retention.audit"),
  };
}

/** Stops without waiting for handlers or for a store that no longer answers. */
export async function stopAtOnce(worker: Worker): Promise<void> {
  const stopped = Promise.all([worker.stop(), worker.stop()]);
  let timer: NodeJS.Timeout | undefined;
  const givenUp = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, GIVE_UP_MS);
  });
  await Promise.race([stopped, givenUp]);
  clearTimeout(timer);
}
