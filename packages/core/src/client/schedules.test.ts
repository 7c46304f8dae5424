import { describe, expect, expectTypeOf, test } from "vitest";
import { createMillrace } from "../millrace.ts";
import { scene } from "../testing/scene.fixture.ts";
import { testMillrace } from "../testing/test-millrace.ts";
import { defineJob } from "./define-job.ts";
import { noting } from "./schedules.fixture.ts";

describe("a schedule", () => {
  test("makes a job at each of its times, with its input and the time it is for", async () => {
    const { job, noted } = noting();
    await using mr = testMillrace({ jobs: [job], startAt: new Date("2026-01-01T00:00:10Z") });
    const set = await mr.schedule("hourly", { cron: "30 * * * *", run: job, input: { to: "ann" } });
    expect(set).toMatchObject({
      result: "created",
      nextAt: "2026-01-01T00:30:00.000Z",
      lastAt: null,
      revision: 1,
    });
    await mr.advance("2h");
    expect(noted).toEqual(["ann 00:30:00", "ann 01:30:00"]);
    expect(await mr.schedules.get("hourly")).toMatchObject({
      nextAt: "2026-01-01T02:30:00.000Z",
      lastAt: "2026-01-01T01:30:00.000Z",
      job: { name: "report", queue: "default", priority: "default", input: { to: "ann" } },
    });
    expect(mr.errors).toEqual([]);
  });

  test("by an interval fires at multiples of it, in between whole minutes too", async () => {
    const { job, noted } = noting();
    await using mr = testMillrace({ jobs: [job] });
    await mr.schedule("often", { every: "20s", run: "report", input: { to: "bob" } });
    await mr.advance("1m");
    expect(noted).toEqual(["bob 00:00:20", "bob 00:00:40", "bob 00:01:00"]);
  });

  test("gives its jobs the options it was told", async () => {
    const { job } = noting();
    await using mr = testMillrace({ jobs: [job] });
    const options = {
      priority: "low",
      tenant: "acme",
      tags: ["a"],
      maxAttempts: 7,
      submittedBy: "ann",
    } as const;
    await mr.schedule("minutely", { cron: "* * * * *", run: job, input: { to: "" }, job: options });
    await mr.advance("1m");
    const [made] = await mr.enqueued(job);
    expect(made).toMatchObject({ ...options, state: "completed", history: [{ outcome: "completed" }] });
    expect((await mr.schedules.list({ tenant: "acme" })).rows.map(({ id }) => id)).toEqual(["minutely"]);
    expect((await mr.schedules.list({ tenant: "" })).rows).toEqual([]);
  });

  test("set again goes on where nothing has changed, and is planned anew where something has", async () => {
    const { job } = noting();
    await using mr = testMillrace({ jobs: [job] });
    const options = { cron: "0 12 * * *", run: job, input: { to: "ann" } } as const;
    await mr.schedule("daily", options);
    await mr.advance("13h");
    const before = await mr.schedules.get("daily");
    expect(await mr.schedule("daily", { ...options, cron: " 0  12 * * * " })).toEqual({
      ...before,
      result: "unchanged",
    });
    const changed = await mr.schedule("daily", { ...options, zone: "America/New_York" });
    expect(changed).toMatchObject({ result: "changed", revision: 2, nextAt: "2026-01-01T17:00:00.000Z" });
    expect(changed.recent).toEqual(before?.recent);
  });

  test("is typed by its job", async () => {
    const { job } = noting();
    const free = defineJob({ name: "free", run: () => 1 });
    const mr = createMillrace({ store: scene([]).store, jobs: [job, free] });
    // @ts-expect-error the input does not fit
    const wrong = () => mr.schedule("a", { every: "1h", run: job, input: { to: 5 } });
    // @ts-expect-error no input
    const none = () => mr.schedule("a", { every: "1h", run: "report" });
    // @ts-expect-error no such job
    const unknown = () => mr.schedule("a", { every: "1h", run: "nope" });
    const right = () => mr.schedule("a", { every: "1h", run: free });
    expectTypeOf([wrong, none, unknown, right]).toBeArray();
    await expect(unknown()).rejects.toMatchObject({ code: "not-found" });
    await mr.close();
  });
});
