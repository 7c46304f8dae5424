/** The worker inside a command: serves the batch's queue, told to stop once or, for the impatient, twice. */
import {
  type Concurrency,
  type OnError,
  type Pipeline,
  programOf,
  Registry,
  systemTiming,
  Worker,
} from "@millrace/core";
import { programOptions } from "../../config/program-options.ts";
import type { Settings } from "../../config/settings.ts";
import type { OpenHome } from "../shell.ts";

/** Of a batch, whatever its parameters, what serving it takes. */
export type ServedBatch = Pick<Pipeline<unknown>, "queue" | "concurrency" | "register">;

/** How long an ending store may hold up the command's end. */
const GIVE_UP_MS = 5_000;

/** Starts a worker for this batch. `onError` hears of what fails in the background. */
export function startWorker(parts: {
  readonly home: OpenHome;
  readonly batch: ServedBatch;
  readonly settings: Settings;
  readonly onError: OnError;
}): Worker {
  const { home, batch, settings, onError } = parts;
  const { store } = home;
  const registry = new Registry();
  const open = () => Promise.resolve(home.info);
  const { workerPorts, workerOptions } = programOf(programOptions(settings));
  batch.register({ store, registry, timing: systemTiming, onError, memory: workerPorts.memory });
  const ports = { store, registry, open, onError, ...workerPorts };
  const concurrency = concurrencyOf(batch, settings);
  const worker = new Worker(ports, workerOptions({ queues: [batch.queue], concurrency }));
  worker.start();
  return worker;
}

/** One slot for the run's and the step's jobs beside those of the chunks, unless a number is set. */
function concurrencyOf(batch: ServedBatch, settings: Settings): Concurrency {
  const isSet = settings.source("worker.concurrency") !== "default";
  return isSet ? settings.get("worker.concurrency") : batch.concurrency + 1;
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
