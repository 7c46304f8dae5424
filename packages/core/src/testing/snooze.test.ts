import { expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import { scene } from "./scene.fixture.ts";

test("a snoozed job runs again when it said, burning no attempt", async () => {
  const ran: [number, number, string | undefined][] = [];
  const job = defineJob({
    name: "later",
    retry: "none",
    run: (_input, ctx) => {
      ran.push([time.now() - start, ctx.attempt, ctx.checkpoint]);
      if (ran.length < 4) return ctx.snooze("330ms", { checkpoint: String(ran.length) });
      return "done";
    },
  });
  const { mr, time, errors } = scene([job]);
  mr.worker();
  await time.advance(5_000);
  const start = time.now();
  const { id } = await mr.enqueue(job);
  await time.advance(2_000);
  expect(ran).toEqual([
    [0, 1, undefined],
    [330, 1, "1"],
    [660, 1, "2"],
    [990, 1, "3"],
  ]);
  expect(await mr.jobs.get(id)).toMatchObject({
    state: "completed",
    attempts: 1,
    snoozes: 3,
    result: "done",
  });
  expect(errors).toEqual([]);
  await mr.close();
});

test("a delay that is none fails the attempt", async () => {
  const job = defineJob({ name: "later", retry: "none", run: (_input, ctx) => ctx.snooze("soon" as "1s") });
  const { mr, time } = scene([job]);
  mr.worker();
  const { id } = await mr.enqueue(job);
  await time.settle();
  expect(await mr.jobs.get(id)).toMatchObject({
    state: "dead",
    error: { message: expect.stringContaining("ctx.snooze") },
  });
  await mr.close();
});
