import { expect, test } from "vitest";
import { createMillrace } from "../../millrace.ts";
import { newId, type RunId } from "../../model/ids.ts";
import { scene, unreachable } from "../../testing/scene.fixture.ts";
import { ended, ledger, numbersBatch } from "../numbers.fixture.ts";

const HOUR_MS = 3_600_000;

/** A completed run of so many numbers, and a client that only looks. */
async function completed(upTo: number) {
  const { batch } = numbersBatch({});
  const of = scene([batch]);
  const handle = await of.mr.start(batch, { upTo });
  const worker = of.mr.worker();
  await ended(of, handle);
  await of.time.advance(1_000);
  await worker.stop();
  return { batch, of, handle };
}

test("a finished run is removed from any process, and its instance runs again; its rows go in the background", async () => {
  const { batch, of, handle } = await completed(30);
  const other = createMillrace({ store: of.store, timing: of.time, onError: () => undefined });
  await other.run(handle.id).remove({ reason: "wrong numbers", by: "ann" });
  await expect(other.run(handle.id).row()).rejects.toMatchObject({ code: "not-found" });
  expect(await ledger(of, handle.id)).toEqual([]);
  const again = await of.mr.start(batch, { upTo: 30 });
  expect(again).toMatchObject({ result: "started" });
  of.mr.worker();
  await ended(of, again);
  await of.time.advance(120_000);
  expect(await of.store.countersUnder(`step:${handle.id}:`)).toEqual({});
  expect(await ledger(of, again.id)).toHaveLength(30);
  await of.mr.close();
});

test("one that is active, or unknown, is not removed, in words", async () => {
  const { batch } = numbersBatch({});
  const of = scene([batch]);
  const handle = await of.mr.start(batch, { upTo: 3 });
  await expect(handle.remove()).rejects.toMatchObject({
    code: "conflict",
    message: `run ${handle.id} is running and cannot be removed; wait for its end, or cancel it`,
  });
  await of.store.moveRun({ run: handle.id, from: ["running"], to: "failed" });
  await expect(handle.remove()).rejects.toThrow("is failed and cannot be removed while jobs of it are live");
  await expect(of.mr.run(newId<RunId>()).remove()).rejects.toMatchObject({ code: "not-found" });
  await of.mr.close();
});

test("a removal whose answer was lost is done", async () => {
  const { of, handle } = await completed(3);
  let isLost = true;
  of.watch.after.removeRuns = () => {
    if (isLost) {
      isLost = false;
      unreachable();
    }
  };
  const removing = handle.remove("lost on the way");
  await of.time.advance(5_000);
  await removing;
  expect(of.watch.calls.removeRuns).toHaveLength(2);
  await of.mr.close();
});

test("runs are forgotten by age and state", async () => {
  const { of, handle } = await completed(3);
  await of.time.advance(HOUR_MS);
  expect(await of.mr.runs.cleanUp({ olderThan: "2h" })).toEqual({ removed: 0 });
  expect(await of.mr.runs.cleanUp({ olderThan: "1h", states: ["failed"] })).toEqual({ removed: 0 });
  for (const bad of [
    { olderThan: "1h", states: ["running"] },
    { olderThan: "soon" },
    { olderThan: 0, all: true },
  ]) {
    await expect(of.mr.runs.cleanUp(bad as never)).rejects.toMatchObject({ code: "bad-config" });
  }
  expect(await of.mr.runs.cleanUp({ olderThan: "1h", reason: "old" })).toEqual({ removed: 1 });
  expect((await of.mr.runs.list()).rows).toEqual([]);
  await expect(handle.row()).rejects.toMatchObject({ code: "not-found" });
  await of.mr.close();
});

test("workers forget runs that are older than their retention, and none without one", async () => {
  const { of, handle } = await completed(3);
  await of.time.advance(25 * HOUR_MS);
  const patient = of.mr.worker();
  await of.time.advance(120_000);
  await patient.stop();
  expect(await handle.row()).toMatchObject({ state: "completed" });
  const mr = createMillrace({ store: of.store, timing: of.time, retention: { runs: "1d" }, jobs: [] });
  mr.worker();
  await of.time.advance(120_000);
  await expect(handle.row()).rejects.toMatchObject({ code: "not-found" });
  expect(await of.store.countersUnder(`step:${handle.id}:`)).toEqual({});
  await mr.close();
  await of.mr.close();
});
