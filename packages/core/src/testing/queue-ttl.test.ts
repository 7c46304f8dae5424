/** What a program says of the lives of its queues' jobs, and that it holds. */
import { describe, expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import { mail, program } from "./program.fixture.ts";
import { testMillrace } from "./test-millrace.ts";

describe("a queue's ttl", () => {
  test("counts from when a job is due, where its enqueue does not say", async () => {
    const { mr, time } = program({ queues: { mail: { ttl: "1h" } } });
    const start = time.now();
    const expiryOf = async (options: object) => {
      const { id } = await mr.enqueue(mail, undefined, options);
      const at = (await mr.jobs.get(id))?.expiresAt;
      return at == null ? at : (Date.parse(at) - start) / 60_000;
    };
    expect(await expiryOf({})).toBe(60);
    expect(await expiryOf({ delay: "30m" })).toBe(90);
    expect(await expiryOf({ runAt: start + 600_000 })).toBe(70);
    expect(await expiryOf({ ttl: "5m" })).toBe(5);
    expect(await expiryOf({ expiresAt: start + 60_000 })).toBe(1);
    await mr.close();
  });

  test("is that of many jobs too, and of no other queue", async () => {
    const other = defineJob({ name: "other", run: () => undefined });
    const mr = testMillrace({ jobs: [mail, other], queues: { mail: { ttl: "1h" } } });
    await mr.enqueueMany(mail, [1, 2]);
    await mr.enqueueMany(mail, [3, 4], { key: (input) => String(input) });
    await mr.enqueue(other);
    const { rows } = await mr.jobs.list();
    expect(rows.map(({ expiresAt }) => expiresAt !== null).sort()).toEqual([false, true, true, true, true]);
    await mr.close();
  });

  test("is that of jobs that schedules fire", async () => {
    const mr = testMillrace({ jobs: [mail], queues: { mail: { ttl: "1h" } } });
    await mr.queues.pause("mail");
    await mr.schedule("hourly", { every: "1h", run: mail });
    await mr.advance("61m");
    const { rows } = await mr.jobs.list();
    const lines = rows.map(({ createdAt, expiresAt }) => Date.parse(expiresAt ?? "") - Date.parse(createdAt));
    expect(lines).toEqual([3_600_000]);
    await mr.close();
  });

  test("is not that of children, for somebody waits for them", async () => {
    const parent = defineJob({
      name: "parent",
      run: (_input, ctx) => {
        if (ctx.children !== undefined) return;
        ctx.enqueueChild(mail, undefined, { delay: "2h" });
        return ctx.waitForChildren();
      },
    });
    const mr = testMillrace({ jobs: [parent, mail], queues: { mail: { ttl: "1h" } } });
    const { id } = await mr.enqueue(parent);
    await mr.advance("1m");
    const { rows } = await mr.jobs.list({ parent: id });
    expect(rows.map(({ expiresAt }) => expiresAt)).toEqual([null]);
    await mr.close();
  });
});
