/** The rules of cancelled runs. */
import { describe, expect, test } from "vitest";
import { scene } from "../../testing/scene.fixture.ts";
import { ended, keyOf, ledger, numbersBatch, STEP } from "../numbers.fixture.ts";
import { definePipeline } from "../pipeline/define-pipeline.ts";
import { play, statesOf } from "../pipeline.fixture.ts";
import { stranger } from "./stranger.fixture.ts";

describe("a cancelled run", () => {
  test("tells what runs to stop, ends what waits, and is cancelled when the last has ended", async () => {
    const stopped: unknown[] = [];
    const { batch, written } = numbersBatch({
      process: (number, { signal }) =>
        number > 10
          ? new Promise((_resolve, reject) => {
              signal.addEventListener("abort", () => {
                stopped.push(number);
                reject(signal.reason);
              });
            })
          : number,
    });
    const of = scene([batch]);
    const handle = await of.mr.start(batch, { upTo: 100 });
    of.mr.worker();
    await of.time.advance(5_000);
    const other = stranger(of).run(handle.id);
    const finished = handle.finished();
    await other.cancel("wrong model");
    await other.cancel("wrong model");
    await of.time.advance(10_000);
    expect(await finished).toMatchObject({ state: "cancelled" });
    await other.cancel();
    expect(stopped.length).toBeGreaterThan(0);
    expect(written).toHaveLength(10);
    expect(await statesOf(handle)).toEqual({ [STEP]: "cancelled" });
    const { rows } = await of.mr.jobs.list({ run: handle.id, limit: 100 });
    expect(rows.every(({ state }) => state === "cancelled" || state === "completed")).toBe(true);
    await expect(other.pause()).rejects.toMatchObject({ code: "conflict" });
  });

  test("goes on when it is restarted: what was given up is worked on first, and nothing twice", async () => {
    let isSlow = true;
    const { batch, written } = numbersBatch({
      process: (number, { signal }) =>
        isSlow && number > 12
          ? new Promise((_resolve, reject) => {
              signal.addEventListener("abort", () => reject(signal.reason));
            })
          : number,
    });
    const of = scene([batch]);
    const handle = await of.mr.start(batch, { upTo: 60 });
    of.mr.worker();
    await of.time.advance(5_000);
    await handle.cancel();
    await of.time.advance(10_000);
    expect((await handle.row()).state).toBe("cancelled");
    isSlow = false;
    await handle.restart();
    const run = await ended(of, handle);
    expect(run).toMatchObject({ id: handle.id, state: "completed", restarts: 1 });
    expect(run.counters[STEP]).toEqual({ done: 60, read: 60, sealed: 1 });
    expect(written.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    expect((await ledger(of, run.id)).map(({ key, state }) => [key, state])).toEqual(
      Array.from({ length: 60 }, (_, index) => [keyOf(index + 1), "done"]),
    );
  });

  test("ends itself, where whoever cancelled it went away halfway", async () => {
    const { batch } = numbersBatch({ process: () => new Promise(() => undefined) });
    const of = scene([batch]);
    const handle = await of.mr.start(batch, { upTo: 10 });
    const from = ["running"] as const;
    await of.store.moveRun({ run: handle.id, from, to: "cancelling" });
    of.mr.worker({ grace: "1s" });
    await of.time.advance(60_000);
    expect((await handle.row()).state).toBe("cancelled");
  });

  test("that has ended otherwise is refused", async () => {
    const { handle, ended: end } = await play(definePipeline({ name: "p" }), {});
    await end();
    await expect(handle.cancel()).rejects.toMatchObject({
      code: "conflict",
      message: `run ${handle.id} is completed and cannot be cancelled`,
    });
  });
});
