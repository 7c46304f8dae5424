/** The rules of steps whose ledger keeps no rows, but of items that nothing has worked on: those run again. */
import { expect, test } from "vitest";
import { ClassedError } from "../model/errors.ts";
import { scene } from "../testing/scene.fixture.ts";
import { ended, ledger, numbersBatch, STEP } from "./numbers.fixture.ts";

/** Chunks cannot be prepared while `isShut`; of what they hold, these are bad. */
function shelved(bad: readonly number[]) {
  const shelf = { isShut: true };
  const { batch, written } = numbersBatch({
    ledger: "none",
    onFailure: "failFast",
    retry: "none",
    concurrency: 1,
    prepare: () => {
      if (shelf.isShut) throw new ClassedError("permission", "shut", "the shelf is shut");
    },
    process: (number) => {
      if (bad.includes(number)) throw new ClassedError("validation", "bad", `${number} is bad`);
      return number;
    },
  });
  return { batch, written, shelf };
}

test("what a step that failed fast had not worked on runs again in a restart, and is held against nobody", async () => {
  const { batch, written, shelf } = shelved([]);
  const of = scene([batch]);
  of.mr.worker();
  const handle = await of.mr.start(batch, { upTo: 40 });
  const run = await ended(of, handle);
  expect(run.state).toBe("failed");
  const { read = 0, failed } = run.counters[STEP] ?? {};
  expect(failed).toBe(read);
  expect(await ledger(of, handle.id)).toHaveLength(read);
  shelf.isShut = false;
  await handle.restart();
  const again = await ended(of, handle);
  expect(again.state).toBe("completed");
  expect(again.counters[STEP]).toMatchObject({ done: 40, read: 40 });
  expect(written.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
});

test("what fails again counts again", async () => {
  const { batch, shelf } = shelved([3]);
  const of = scene([batch]);
  of.mr.worker();
  const handle = await of.mr.start(batch, { upTo: 5 });
  expect((await ended(of, handle)).state).toBe("failed");
  shelf.isShut = false;
  await handle.restart();
  const again = await ended(of, handle);
  expect(again.state).toBe("failed");
  expect(again.counters[STEP]).toMatchObject({ done: 4, failed: 1 });
  expect(JSON.parse(again.error ?? "").message).toBe("1 item failed for good");
});
