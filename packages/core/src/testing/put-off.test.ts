import { expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import { PutOffError } from "../model/put-off.ts";
import { scene } from "./scene.fixture.ts";

test("a handler that throws PutOffError is put off without burning an attempt, and explain says why", async () => {
  let calls = 0;
  const job = defineJob({
    name: "embed",
    retry: "none",
    run: (_input, ctx) => {
      calls += 1;
      if (calls <= 5) throw new PutOffError("10s", { limit: "model:ada", reason: "rate-limited" });
      return ctx.attempt;
    },
  });
  const { mr, time } = scene([job]);
  mr.worker();
  const { id } = await mr.enqueue(job);
  await time.settle();
  expect(await mr.jobs.get(id)).toMatchObject({ state: "scheduled", attempts: 0, snoozes: 1 });
  expect((await mr.explain(id))?.reasons[0]).toMatchObject({
    code: "snoozed",
    limit: "model:ada",
    reason: "rate-limited",
  });
  await time.advance(9_999);
  expect(calls).toBe(1);
  await time.advance(60_000);
  expect(await mr.jobs.get(id)).toMatchObject({ state: "completed", attempts: 1, snoozes: 5, result: 1 });
  await mr.close();
});

test("a reason of any length is kept short enough for every store", async () => {
  const job = defineJob({
    name: "embed",
    run: () => {
      throw new PutOffError("1m", { limit: "model:ada", reason: "x".repeat(5_000) });
    },
  });
  const { mr, time } = scene([job]);
  mr.worker();
  const { id } = await mr.enqueue(job);
  await time.settle();
  expect(await mr.jobs.get(id)).toMatchObject({ state: "scheduled", snoozes: 1 });
  await mr.close();
});
