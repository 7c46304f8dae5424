import { expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import { sealEnvelope } from "../model/envelope.ts";
import { type JobId, newId } from "../model/ids.ts";
import type { NewJob } from "../model/job.ts";
import type { ListenOptions } from "../store/signals.ts";
import type { Store } from "../store/store.ts";
import { Worker } from "../worker/worker.ts";
import { scene, unreachable } from "./scene.fixture.ts";

const job = defineJob({ name: "mail", queue: "mail", run: () => undefined });

/** A worker on a store that can signal, and the store's side of it. */
function listeningWorker(idle: (queues: readonly string[]) => void = () => undefined) {
  const { mr, store: memory, time, errors } = scene([job]);
  const said: (readonly string[])[] = [];
  const ears = { options: undefined as ListenOptions | undefined, stops: 0, claims: 0 };
  const store: Store = {
    ...memory,
    claim: (...call) => {
      ears.claims += 1;
      return memory.claim(...call);
    },
    capabilities: {
      ...memory.capabilities,
      signals: {
        listen: (options) => {
          ears.options = options;
          return {
            idle: async (queues) => {
              said.push(queues);
              idle(queues);
            },
            stop: async () => {
              ears.stops += 1;
            },
          };
        },
      },
    },
  };
  const onError = (error: unknown, where: string) => void errors.push([where, error]);
  const worker = new Worker({ store, registry: mr.registry, open: mr.open, onError, timing: time });
  worker.start();
  return { memory, time, worker, errors, said, ears };
}

function newJob(): NewJob {
  const envelope = sealEnvelope({ payload: null });
  const row = {
    queue: "mail",
    name: "mail",
    tenant: "",
    priority: "default",
    delayMs: 0,
    maxRescues: 3,
  } as const;
  return { id: newId<JobId>(), ...row, envelope };
}

test("a worker that finds nothing says so, and looks once more before it rests", async () => {
  const { time, said, ears, worker } = listeningWorker();
  await time.settle();
  expect(said).toEqual([["mail"]]);
  const looks = ears.claims;
  await time.advance(200);
  expect(ears.claims).toBe(looks);
  await worker.stop();
  expect(ears.stops).toBe(1);
});

test("a job that came between the look and the word is found without a rest", async () => {
  let late: NewJob | undefined = newJob();
  const { memory, time, worker } = listeningWorker(() => {
    if (late !== undefined) void memory.enqueue([late]);
    late = undefined;
  });
  await time.settle();
  expect((await memory.find({}, { limit: 1 })).rows[0]?.state).toBe("completed");
  await worker.stop();
});

test("a signal has it look at once", async () => {
  const { memory, time, ears, worker } = listeningWorker();
  await time.advance(10_000);
  await memory.enqueue([newJob()]);
  ears.options?.onWake();
  await time.settle();
  expect((await memory.find({}, { limit: 1 })).rows[0]?.state).toBe("completed");
  await worker.stop();
});

test("its word is given again while it holds, not at every look", async () => {
  const { time, said, worker } = listeningWorker();
  await time.advance(60_000);
  expect(said.length).toBeGreaterThanOrEqual(10);
  expect(said.length).toBeLessThanOrEqual(13);
  await worker.stop();
});

test("trouble with signals is reported, and polling goes on", async () => {
  const { memory, time, errors, ears, worker } = listeningWorker(unreachable);
  await time.settle();
  ears.options?.onError(new Error("cut"));
  expect(errors.map(([where]) => where)).toEqual(["listen", "listen"]);
  await memory.enqueue([newJob()]);
  await time.advance(1_000);
  expect((await memory.find({}, { limit: 1 })).rows[0]?.state).toBe("completed");
  await worker.stop();
});
