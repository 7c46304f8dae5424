/** What becomes of a run's jobs that an operator runs again by themselves. */
import { describe, expect, test } from "vitest";
import { ClassedError } from "../../model/errors.ts";
import { gate } from "../../testing/scene.fixture.ts";
import { STEP } from "../numbers.fixture.ts";
import { defineBatch, definePipeline } from "../pipeline/define-pipeline.ts";
import { type Played, play, startsOf, statesOf } from "../pipeline.fixture.ts";

/** A pipeline whose step fails once, and then waits for the gate. */
function failingOnce() {
  const held = gate();
  const ran: string[] = [];
  const told: string[] = [];
  const pipeline = definePipeline({
    name: "p",
    on: { beforeRun: () => void told.push("before"), afterRun: ({ state }) => void told.push(state) },
  }).step("one", async () => {
    ran.push("one");
    if (ran.length === 1) throw new ClassedError("validation", "bad", "not yet");
    await held.promise;
  });
  return { pipeline, ran, told, held };
}

/** Has the oldest job of this name run again. */
async function again({ of }: Played, name: string): Promise<void> {
  const { rows } = await of.mr.jobs.list({ name });
  const { id = "", generation = 0 } = rows.at(-1) ?? {};
  await of.mr.jobs.retry(id);
  await of.time.advance(10_000);
  expect(await of.mr.jobs.get(id)).toMatchObject({ state: "completed", generation: generation + 1 });
}

describe("a job of a run that is run again by itself", () => {
  test("does nothing where it was the coordinator before a restart", async () => {
    const { pipeline, ran, told, held } = failingOnce();
    const played = await play(pipeline, {});
    await played.ended();
    await played.handle.restart();
    await played.of.time.advance(5_000);
    await again(played, "p/run");
    expect(await startsOf(played.handle)).toEqual({ one: 2 });
    held.open();
    expect((await played.ended()).state).toBe("completed");
    await again(played, "p/run");
    expect(told).toEqual(["before", "failed", "before", "completed"]);
    expect(ran).toHaveLength(2);
  });

  test("does nothing where another execution of its step has taken its place", async () => {
    const { pipeline, ran, held } = failingOnce();
    const played = await play(pipeline, {});
    await played.ended();
    await played.handle.restart();
    await played.of.time.advance(5_000);
    await again(played, "p/step");
    expect(ran).toHaveLength(2);
    expect(await statesOf(played.handle)).toEqual({ one: "running" });
    held.open();
    expect((await played.ended()).state).toBe("completed");
  });

  test("does nothing where its run has failed with it: that is to be restarted", async () => {
    const { pipeline, ran } = failingOnce();
    const played = await play(pipeline, {});
    await played.ended();
    await again(played, "p/step");
    expect(ran).toHaveLength(1);
    expect(await statesOf(played.handle)).toEqual({ one: "failed" });
    expect((await played.handle.row()).state).toBe("failed");
  });

  test("takes nothing back where all items of its chunk have ended", async () => {
    const undone: (readonly number[])[] = [];
    const batch = defineBatch({ name: "count" }).step(STEP, {
      read: () => [1, 2, 3],
      process: (number) => {
        if (number === 2) throw new ClassedError("validation", "odd", "2 is refused");
        return number;
      },
      writer: { write: () => undefined, undo: (positions) => void undone.push(positions) },
      onFailure: "failFast",
    });
    const played = await play(batch, {});
    const { counters } = await played.ended();
    const before = undone.length;
    await again(played, "count/chunk");
    expect(undone).toHaveLength(before);
    expect((await played.handle.row()).counters).toEqual(counters);
  });
});
