import { expect, test } from "vitest";
import { newId } from "../../model/ids.ts";
import { scene } from "../../testing/scene.fixture.ts";
import { ended, ledger, numbersBatch, STEP } from "../numbers.fixture.ts";
import { workerOf } from "../parties.fixture.ts";

test("items of a chunk that ended in words that are not ours fail all the same, and say where to look", async () => {
  const { batch } = numbersBatch();
  const of = scene([batch]);
  const handle = await of.mr.start(batch, { upTo: 5 });
  const reading = workerOf(of, ["count/run", "count/step"]);
  await of.time.advance(5_000);
  const by = { worker: "another version", lease: newId<never>(), leaseMs: 10_000 };
  const [held] = await of.store.claim([{ queue: "counting", max: 1, names: ["count/chunk"] }], by);
  if (held === undefined) throw new Error("there is no chunk to claim");
  const outcome = { kind: "dead", fingerprint: "of-old" } as const;
  await of.store.settle([{ id: held.id, token: held.token, write: 1, outcome, record: "v0;dead" }]);
  const run = await ended(of, handle);
  await reading.stop();
  expect(run.counters[STEP]).toEqual({ failed: 5, read: 5, sealed: 1 });
  const message = `chunk ${held.id} could not be settled item by item: ended in a way that its record does not say`;
  for (const row of await ledger(of, handle.id))
    expect(row).toMatchObject({ stage: "chunk", errorClass: "processing", reason: "chunk-failed", message });
});
