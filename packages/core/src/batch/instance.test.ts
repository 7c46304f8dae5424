/** Owns what becomes of an instance that is started again. */
import { describe, expect, test } from "vitest";
import { gate, scene } from "../testing/scene.fixture.ts";
import { ended, ledger, numbersBatch, runThrough, STEP } from "./numbers.fixture.ts";

describe("an instance", () => {
  test("that was interrupted goes on where it stopped, under the same run", async () => {
    const atHundred = gate();
    const held = gate();
    const { batch, written } = numbersBatch({
      process: async (number) => {
        if (number === 50) {
          atHundred.open();
          await held.promise;
        }
        return number;
      },
    });
    const of = scene([batch]);
    const first = await of.mr.start(batch, { upTo: 100 });
    const worker = of.mr.worker();
    await atHundred.promise;
    const stopped = worker.stop();
    held.open();
    await stopped;
    const settled = (await ledger(of, first.id)).length;
    expect(settled).toBeLessThan(100);
    const again = await of.mr.start(batch, { upTo: 100 });
    expect(again).toMatchObject({ id: first.id, result: "resumed" });
    void of.otherWorker();
    const run = await ended(of, again);
    expect(run.counters[STEP]).toEqual({ done: 100, read: 100, sealed: 1 });
    expect(written).toHaveLength(100);
  });

  test("that has completed runs again where its definition says so, else not", async () => {
    for (const rerun of [true, false]) {
      const { batch } = numbersBatch({}, { rerun });
      const of = scene([batch]);
      const { handle } = await runThrough(of, batch, { upTo: 4 });
      const again = await of.mr.start(batch, { upTo: 4 });
      expect(again.result).toBe(rerun ? "started" : "finished");
      expect(again.id === handle.id).toBe(!rerun);
      expect((await of.mr.start(batch, { upTo: 4 }, { tenant: "another" })).result).toBe("started");
    }
  });
});
