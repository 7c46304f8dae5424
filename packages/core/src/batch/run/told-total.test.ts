/** What a reader says of how many items there are: seen by whoever follows the run, long before all are read. */
import { expect, test } from "vitest";
import { gate } from "../../testing/scene.fixture.ts";
import { definePipeline } from "../pipeline/define-pipeline.ts";
import { type Played, play } from "../pipeline.fixture.ts";

/** The progress of now. */
async function seen({ handle }: Played) {
  for await (const { done, total, counters } of handle.progress())
    return { done, total, read: counters.read };
  return expect.fail("no progress");
}

const SMALL = { chunkSize: 2, concurrency: 1 } as const;

test("a total that is told is shown while items are read, also after a restart that tells another", async () => {
  const [first, second] = [gate(), gate()];
  let held = first.promise;
  let items = 40;
  const pipeline = definePipeline({ name: "p" }).step("load", {
    ...SMALL,
    read: function* ({ cursor, total }) {
      total(items);
      for (let number = Number(cursor ?? 0) + 1; number <= items; number += 1) yield number;
    },
    cursor: String,
    process: async (number) => {
      if (number === 5) await held;
      return number;
    },
  });
  const played = await play(pipeline, {});
  await played.of.time.advance(5_000);
  expect(await seen(played)).toEqual({ done: 4, total: 40, read: 6 });
  await played.handle.cancel();
  first.open();
  await played.ended();
  [held, items] = [second.promise, 50];
  await played.handle.restart();
  await played.of.time.advance(5_000);
  expect(await seen(played)).toMatchObject({ total: 50 });
  second.open();
  expect(await played.ended()).toMatchObject({
    state: "completed",
    counters: { load: { read: 50, done: 50 } },
  });
  expect(await seen(played)).toEqual({ done: 50, total: 50, read: 50 });
});

test("a fan-out knows its total as it begins", async () => {
  const held = gate();
  const pipeline = definePipeline({ name: "p" }).each(
    "all",
    () => Array.from({ length: 30 }, (_, at) => at),
    () => held.promise,
    SMALL,
  );
  const played = await play(pipeline, {});
  await played.of.time.advance(5_000);
  expect(await seen(played)).toMatchObject({ total: 30, read: 4 });
  held.open();
  await played.ended();
});

test.each([-1, 1.5, Number.NaN, "7"])("a total of %s is refused, and fails the step", async (told) => {
  const pipeline = definePipeline({ name: "p" }).step("load", {
    read: ({ total }) => {
      total(told as number); // as programs without types do
      return [1];
    },
    process: (item) => item,
  });
  const { ended } = await play(pipeline, {});
  const { state, error } = await ended();
  expect(state).toBe("failed");
  expect(error).toContain(`the reader gave ${told} as its total; it takes a whole number, 0 or more`);
});
