import { describe, expect, test } from "vitest";
import type { JobId, RunId } from "../../model/ids.ts";
import { newId } from "../../model/ids.ts";
import type { Store } from "../../store/store.ts";
import { gate, type Scene, scene } from "../../testing/scene.fixture.ts";
import { VirtualTime } from "../../testing/virtual-time.ts";
import { type NumberStep, numbers, numbersBatch, STEP } from "../numbers.fixture.ts";
import { program, workerOf } from "../parties.fixture.ts";
import { type Opening, OpenReaders } from "./open-readers.ts";

/** A batch whose chunks wait at the gate, and how many of its readers are open. */
function watched(step: Partial<NumberStep> = {}, begins: Promise<void> = Promise.resolve()) {
  const reads = { open: 0, opened: 0 };
  const held = gate();
  const { batch } = numbersBatch({
    read: async function* (context) {
      reads.open += 1;
      reads.opened += 1;
      try {
        await begins;
        yield* numbers(context);
      } finally {
        reads.open -= 1;
      }
    },
    process: async (number) => {
      await held.promise;
      return number;
    },
    ...step,
  });
  return { batch, reads, held };
}

async function started(made: ReturnType<typeof watched>) {
  const of = scene([made.batch]);
  const handle = await of.mr.start(made.batch, { upTo: 100 });
  of.mr.worker({ grace: "1s" });
  await of.time.advance(1_000);
  expect(made.reads.open).toBe(1);
  return { of, handle };
}

/** Time in which it is asked whether somebody still reads on. */
function aWhile({ time }: Pick<Scene<readonly []>, "time">): Promise<void> {
  return time.advance(60_000);
}

test("a reader that is taken while it is looked at stays its taker's", async () => {
  const time = new VirtualTime();
  const answer = gate<Awaited<ReturnType<Store["steps"]>>>();
  const readers = new OpenReaders({ timing: time, store: { steps: () => answer.promise } });
  const closed: string[] = [];
  const reader = { read: async () => true, close: async () => void closed.push("closed") };
  const at = { cursor: undefined, opening: async () => ({ context: {}, values: {} }) as unknown as Opening };
  const job = newId<JobId>();
  const reading = { job, step: { run: newId<RunId>(), step: "load" }, cursor: undefined };
  const source = await readers.take(job, { reader: () => reader }, at);
  readers.keep(reading, source);
  await time.advance(31_000);
  expect(await readers.take(job, { reader: () => reader }, at)).toBe(source);
  answer.open({ rows: [] });
  await time.settle();
  expect(closed).toEqual([]);
});

describe("a reader kept for the next wake-up", () => {
  test("stays open however long that takes", async () => {
    const made = watched();
    const { of, handle } = await started(made);
    await of.time.advance(120_000);
    made.held.open();
    await aWhile(of);
    expect((await handle.row()).counters[STEP]).toEqual({ done: 100, read: 100, sealed: 1 });
    expect(made.reads).toEqual({ open: 0, opened: 1 });
  });

  test("is closed when its run was cancelled", async () => {
    const made = watched();
    const { of, handle } = await started(made);
    await handle.cancel();
    await aWhile(of);
    expect((await handle.row()).state).toBe("cancelled");
    expect(made.reads.open).toBe(0);
  });

  test("is closed when its step has failed", async () => {
    const made = watched({
      onFailure: "failFast",
      retry: "none",
      process: () => {
        throw new Error("it is bad");
      },
    });
    const of = scene([made.batch]);
    const handle = await of.mr.start(made.batch, { upTo: 100 });
    of.mr.worker();
    await aWhile(of);
    expect((await handle.row()).state).toBe("failed");
    expect(made.reads).toEqual({ open: 0, opened: 1 });
  });

  test("is closed when its step reads on in another process", async () => {
    const here = watched();
    const there = watched({ process: async (number) => (number > 20 ? gate<number>().promise : number) });
    const of = scene([here.batch]);
    await of.mr.start(here.batch, { upTo: 100 });
    workerOf(of, ["count/run", "count/step"]);
    await of.time.advance(1_000);
    expect(here.reads.open).toBe(1);
    program(of, [there.batch]).worker(); // which hears first that its own chunks have ended
    await aWhile(of);
    expect(there.reads).toEqual({ open: 1, opened: 1 });
    expect(here.reads).toEqual({ open: 0, opened: 1 });
  });

  test("is closed when its worker has drained, also where it was kept meanwhile", async () => {
    const slow = gate();
    const { batch, reads } = watched({}, slow.promise);
    const of = scene([batch]);
    await of.mr.start(batch, { upTo: 100 });
    const worker = of.mr.worker();
    await of.time.settle();
    const stopped = worker.stop();
    await of.time.settle();
    expect(reads.open).toBe(1);
    slow.open();
    await stopped;
    expect(reads).toEqual({ open: 0, opened: 1 });
  });
});
