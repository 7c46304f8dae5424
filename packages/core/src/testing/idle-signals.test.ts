import { expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import type { JobContext } from "../job/context.ts";
import { sealEnvelope } from "../model/envelope.ts";
import { type JobId, type LeaseId, newId } from "../model/ids.ts";
import type { NewJob } from "../model/job.ts";
import type { ListenOptions, Offer, Opening } from "../store/signals.ts";
import type { Store } from "../store/store.ts";
import type { WorkerOptions } from "../worker/options.ts";
import { Worker } from "../worker/worker.ts";
import { gate, scene, unreachable } from "./scene.fixture.ts";

const mail = defineJob({ name: "mail", queue: "mail", run: () => undefined });
const OFFER_MS = 5_000;

/** How a {@link listeningWorker} is made. */
interface Listening {
  readonly job?: typeof mail;
  readonly worker?: WorkerOptions;
  /** Called with what the worker says; awaited before that is answered. */
  idle?(openings: readonly Opening[]): unknown;
}

/** A worker on a store that can signal, and the store's side of it. */
function listeningWorker({ job = mail, worker: given = {}, idle = () => undefined }: Listening = {}) {
  const { mr, store: memory, time, errors } = scene([job]);
  const said: (readonly Opening[])[] = [];
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
            idle: async (openings) => {
              said.push(openings);
              await idle(openings);
              return time.now();
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
  const worker = new Worker({ store, registry: mr.registry, open: mr.open, onError, timing: time }, given);
  worker.start();
  /** Claims a new job for the worker, as an enqueuer does, and sends it so many ms later. */
  const offer = async (ageMs = 0): Promise<Offer> => {
    const made = newJob();
    await memory.enqueue([made]);
    const lease = newId<LeaseId>();
    const want = { queue: "mail", max: 1, names: ["mail"] };
    const [claimed] = await memory.claim([want], { worker: worker.name, lease, leaseMs: OFFER_MS });
    if (claimed === undefined) throw new Error("nothing was claimed");
    const sent = { lease, job: claimed, atMs: time.now() - ageMs };
    ears.options?.onOffer(sent);
    return sent;
  };
  const stateOf = async ({ job: { id } }: Offer) =>
    (await memory.find({ ids: [id] }, { limit: 1 })).rows[0]?.state;
  return { memory, time, worker, errors, said, ears, offer, stateOf };
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
  expect(said).toEqual([[{ queue: "mail", max: 10, names: ["mail"] }]]);
  const looks = ears.claims;
  await time.advance(200);
  expect(ears.claims).toBe(looks);
  await worker.stop();
  expect(ears.stops).toBe(1);
});

test("a job that came between the look and the word is found without a rest", async () => {
  let late: NewJob | undefined = newJob();
  const { memory, time, worker } = listeningWorker({
    idle: () => {
      if (late !== undefined) void memory.enqueue([late]);
      late = undefined;
    },
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
  const { memory, time, errors, ears, worker } = listeningWorker({ idle: unreachable });
  await time.settle();
  ears.options?.onError(new Error("cut"));
  expect(errors.map(([where]) => where)).toEqual(["listen", "listen"]);
  await memory.enqueue([newJob()]);
  await time.advance(1_000);
  expect((await memory.find({}, { limit: 1 })).rows[0]?.state).toBe("completed");
  await worker.stop();
});

test("it asks for no offers while its ear is deaf, and for some again once it hears", async () => {
  const { time, said, ears, worker } = listeningWorker();
  const places = () => said.at(-1)?.map(({ max }) => max);
  await time.settle();
  expect(places()).toEqual([10]);
  ears.options?.onError(new Error("cut"));
  await time.settle();
  expect(places()).toEqual([0]);
  const words = said.length;
  await time.advance(30_000);
  expect(said.length).toBeGreaterThan(words);
  expect(places()).toEqual([0]);
  ears.options?.onWake();
  await time.settle();
  expect(places()).toEqual([10]);
  await worker.stop();
});

/** A handler that ends when told to. */
function heldJob() {
  const { promise, open } = gate();
  const starts: number[] = [];
  const run = async ({ signal, attempt }: JobContext): Promise<undefined> => {
    starts.push(attempt);
    await Promise.race([promise, new Promise((resolve) => signal.addEventListener("abort", resolve))]);
  };
  return {
    job: defineJob({ name: "mail", queue: "mail", run: (_: unknown, ctx) => run(ctx) }),
    open,
    starts,
  };
}

test("an offered job is run without a claim", async () => {
  const { time, ears, worker, offer, stateOf } = listeningWorker();
  await time.settle();
  const looks = ears.claims;
  const sent = await offer();
  await time.settle();
  expect(await stateOf(sent)).toBe("completed");
  expect(ears.claims).toBe(looks);
  await worker.stop();
});

test("its lease is extended like any other, for as long as it runs", async () => {
  const { job, open, starts } = heldJob();
  const { memory, time, worker, offer, stateOf, errors } = listeningWorker({ job });
  await time.settle();
  const sent = await offer();
  await time.advance(60_000);
  await memory.rescue({ limit: 10 });
  expect(await stateOf(sent)).toBe("running");
  open();
  await time.settle();
  expect(await stateOf(sent)).toBe("completed");
  expect(starts).toHaveLength(1);
  expect(errors).toEqual([]);
  await worker.stop();
});

test("an offer that comes when its lease is about to end is not run", async () => {
  const { job, open, starts } = heldJob();
  const { time, worker, offer } = listeningWorker({ job });
  await time.settle();
  await offer(OFFER_MS - 500);
  await time.settle();
  expect(starts).toEqual([]);
  await offer(OFFER_MS / 2);
  await time.settle();
  expect(starts).toHaveLength(1);
  open();
  await worker.stop();
});

test("an offer without a free slot goes back at once, as if it had not been", async () => {
  const { job, open } = heldJob();
  const { memory, time, worker, said, offer, stateOf } = listeningWorker({ job, worker: { concurrency: 1 } });
  await time.settle();
  await offer();
  await time.settle();
  const second = await offer();
  await time.settle();
  expect(await stateOf(second)).toBe("ready");
  const [row] = (await memory.find({ ids: [second.job.id] }, { limit: 1 })).rows;
  expect(row).toMatchObject({ attempts: 0, interruptions: 0, rescues: 0, records: "" });
  expect(said.at(-1)).toMatchObject([{ max: 0 }]);
  open();
  await time.settle();
  expect(await stateOf(second)).toBe("completed");
  await worker.stop();
});

test("an offer to a worker that has not said anything yet, made to one of its name before it, goes back", async () => {
  const { job, open } = heldJob();
  const { memory, time, worker, said, offer, stateOf, errors } = listeningWorker({
    job,
    worker: { concurrency: 1 },
  });
  await memory.open();
  await memory.enqueue([newJob()]);
  await time.settle();
  expect([worker.running, said]).toEqual([1, []]);
  const early = await offer();
  await time.settle();
  expect(await stateOf(early)).toBe("ready");
  expect(errors).toEqual([]);
  open();
  await time.settle();
  expect(await stateOf(early)).toBe("completed");
  await worker.stop();
});

test("an offer that comes before the worker's word is answered goes back, for nobody knows its age", async () => {
  const fences: string[] = [];
  const run = (_: unknown, { fence }: JobContext) => void fences.push(fence);
  const sent: Offer[] = [];
  const { time, worker, offer, stateOf } = listeningWorker({
    job: defineJob({ name: "mail", queue: "mail", run }),
    idle: async () => sent.length > 0 || sent.push(await offer()),
  });
  await time.settle();
  const [early] = sent;
  if (early === undefined) throw new Error("nothing was offered");
  expect(await stateOf(early)).toBe("completed");
  expect(fences).toHaveLength(1);
  expect(fences).not.toContain(early.job.token);
  await worker.stop();
});

test("offers used up are counted, and the places named anew when half are gone", async () => {
  const { time, worker, said, offer } = listeningWorker({ worker: { concurrency: 4 } });
  await time.advance(400);
  const before = said.length;
  await offer();
  await time.advance(1_000);
  expect(said.length).toBe(before);
  await offer();
  await offer();
  await time.advance(1_000);
  expect(said.length).toBe(before + 1);
  expect(said.at(-1)).toMatchObject([{ max: 4 }]);
  await worker.stop();
});

test("a worker without free slots is offered nothing, nor is one that stops", async () => {
  const { job, open } = heldJob();
  const { memory, time, worker, said, ears } = listeningWorker({ job, worker: { concurrency: 1 } });
  await time.settle();
  await memory.enqueue([newJob()]);
  ears.options?.onWake();
  await time.settle();
  expect(said.at(-1)).toMatchObject([{ max: 0 }]);
  open();
  await time.advance(1_000);
  expect(said.at(-1)).toMatchObject([{ max: 1 }]);
  await worker.stop();
  expect(said.at(-1)).toMatchObject([{ max: 0 }]);
});

test("an offer that comes while the worker stops has gone back when it has stopped", async () => {
  const { job, open } = heldJob();
  const { time, worker, offer, stateOf } = listeningWorker({ job });
  await time.settle();
  await offer();
  await time.settle();
  const stopped = worker.stop();
  await time.settle();
  const late = await offer();
  open();
  await stopped;
  expect(await stateOf(late)).toBe("ready");
});
