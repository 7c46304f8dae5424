import { describe, expect, test } from "vitest";
import { ClassedError } from "../model/errors.ts";
import type { JobId } from "../model/ids.ts";
import { gate, type Scene, scene } from "../testing/scene.fixture.ts";
import type { LedgerLevel } from "./definition.ts";
import { ended, ledger, numbersBatch, STEP } from "./numbers.fixture.ts";

const LEVELS: readonly LedgerLevel[] = ["all", "failures", "none"];

/** A batch of one chunk that dies at its third item until it is mended, each write of which is kept. */
function doomed(level: LedgerLevel) {
  let isMended = false;
  let held: Promise<void> | undefined;
  const reached = gate();
  const { batch, written } = numbersBatch({
    ledger: level,
    process: async (number) => {
      if (held === undefined) return number;
      reached.open();
      const until = held;
      held = undefined;
      await until;
      return number;
    },
    commit: { items: 1, weight: 100 },
    outputWeight: (number) => {
      if (number === 3 && !isMended) throw new ClassedError("permission", "doomed", "3 takes its chunk down");
      return 1;
    },
  });
  const of = scene([batch]) as unknown as Scene<readonly []>; // nobody names its jobs
  const mend = () => {
    isMended = true;
  };
  /** Has the next item wait; gives when it has come. */
  const holdNext = (until: Promise<void>) => {
    held = until;
    return reached.promise;
  };
  return { batch, written, of, mend, holdNext };
}

async function deadChunk({ store }: Scene<readonly []>): Promise<JobId | undefined> {
  return (await store.find({ name: "count/chunk", states: ["dead"] }, { limit: 1 })).rows[0]?.id;
}

async function endOf(of: Scene<readonly []>, chunk: JobId): Promise<void> {
  for (let seconds = 0; seconds < 60; seconds += 1) {
    const [row] = (await of.store.find({ ids: [chunk] }, { limit: 1 })).rows;
    if (row?.state === "completed") return;
    await of.time.advance(1_000);
  }
  throw new Error(`chunk ${chunk} does not complete`);
}

describe("a dead chunk that is run again", () => {
  test.each(LEVELS)(
    "just before its step looks for dead ones is waited for, at ledger level %s",
    async (level) => {
      const { batch, written, of, mend, holdNext } = doomed(level);
      const going = gate();
      const handle = await of.mr.start(batch, { upTo: 4 });
      let atItem: Promise<void> | undefined;
      of.watch.before.find = async () => {
        const [filter] = of.watch.calls.find.at(-1) ?? [];
        const chunk = await deadChunk(of);
        if (filter?.parent === undefined || chunk === undefined) return;
        of.watch.before = {};
        mend();
        atItem = holdNext(going.promise);
        await of.store.retry([chunk]);
      };
      of.mr.worker();
      await of.time.advance(30_000);
      await atItem;
      expect((await handle.row()).state).toBe("running");
      going.open();
      expect(await ended(of, handle)).toMatchObject({
        state: "completed",
        counters: { [STEP]: { read: 4, done: 4, sealed: 1 } },
      });
      expect(of.watch.before).toEqual({});
      expect(written).toEqual([1, 2, 3, 4]);
    },
  );

  test.each(LEVELS)(
    "and ends while its step enters its items as failed keeps what it did, at ledger level %s",
    async (level) => {
      const { batch, written, of, mend } = doomed(level);
      const [reached, going] = [gate(), gate()];
      const handle = await of.mr.start(batch, { upTo: 4 });
      of.watch.before.save = async () => {
        const [writes = []] = of.watch.calls.save.at(-1) ?? [];
        if (!writes.some(({ onlyNewItems }) => onlyNewItems === true)) return;
        of.watch.before = {};
        reached.open();
        await going.promise;
      };
      const first = of.mr.worker();
      await of.time.advance(5_000);
      await reached.promise;
      const stopping = first.stop(); // begins nothing more, and holds the step
      const chunk = (await deadChunk(of)) ?? expect.fail("no chunk died");
      mend();
      await of.store.retry([chunk]);
      of.otherWorker();
      await endOf(of, chunk);
      going.open();
      await of.time.advance(1_000);
      await stopping;
      expect(await ended(of, handle)).toMatchObject({
        state: "completed",
        counters: { [STEP]: { read: 4, done: 4, sealed: 1 } },
      });
      expect(written).toEqual([1, 2, 3, 4]);
      expect((await ledger(of, handle.id)).filter(({ state }) => state === "failed")).toEqual([]);
    },
  );

  test.each(LEVELS)(
    "once a restart runs its items leaves them to that, at ledger level %s",
    async (level) => {
      const { batch, written, of, mend, holdNext } = doomed(level);
      const handle = await of.mr.start(batch, { upTo: 4 });
      of.mr.worker();
      expect((await ended(of, handle)).state).toBe("partial");
      const chunk = (await deadChunk(of)) ?? expect.fail("no chunk died");
      mend();
      const going = gate();
      const atItem = holdNext(going.promise);
      await handle.restart({ only: "failed" });
      await of.time.advance(5_000);
      await atItem;
      await of.store.retry([chunk]);
      await endOf(of, chunk);
      expect(written).toEqual([1, 2]);
      going.open();
      expect(await ended(of, handle)).toMatchObject({
        state: "completed",
        counters: { [STEP]: { read: 4, done: 4, sealed: 1 } },
      });
      expect(written).toEqual([1, 2, 3, 4]);
    },
  );
});
