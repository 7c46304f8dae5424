import { describe, expect, test } from "vitest";
import { createMillrace } from "../millrace.ts";
import { scene } from "../testing/scene.fixture.ts";
import { testMillrace } from "../testing/test-millrace.ts";
import { noting } from "./schedules.fixture.ts";

describe("people", () => {
  async function daily() {
    const { job, noted } = noting();
    const mr = testMillrace({ jobs: [job] });
    await mr.schedule("daily", { cron: "0 12 * * *", run: job, input: { to: "ann" } });
    return { mr, noted };
  }

  test("pause and resume: what it named meanwhile is passed over", async () => {
    const { mr, noted } = await daily();
    expect(await mr.schedules.pause("daily")).toBe("paused");
    await mr.advance("36h");
    expect(noted).toEqual([]);
    expect(await mr.schedules.next("daily", 1)).toEqual(["2026-01-03T12:00:00.000Z"]);
    expect(await mr.schedules.resume("daily")).toBe("resumed");
    expect(await mr.schedules.resume("daily")).toBe("not-paused");
    expect(await mr.schedules.get("daily")).toMatchObject({
      nextAt: "2026-01-03T12:00:00.000Z",
      paused: false,
    });
    await mr.advance("24h");
    expect(noted).toEqual(["ann 12:00:00"]);
    await mr.close();
  });

  test("fire by hand, paused or not, which moves nothing", async () => {
    const { mr, noted } = await daily();
    await mr.schedules.pause("daily");
    const before = await mr.schedules.get("daily");
    const answer = await mr.schedules.run("daily");
    await mr.runAll();
    expect(noted).toEqual(["ann 00:00:00"]);
    expect(answer.result).toBe("fired");
    const after = await mr.schedules.get("daily");
    expect(after).toMatchObject({ nextAt: before?.nextAt, lastAt: null, paused: true });
    expect(after?.recent).toMatchObject([{ outcome: "fired", manual: true }]);
    await mr.close();
  });

  test("a schedule whose setting was not answered is there, once", async () => {
    const { mr } = await daily();
    mr.fail({ verb: "setSchedule", when: "after" });
    await mr.schedule("other", { every: "1d", run: "report", input: { to: "" } });
    expect(await mr.schedules.get("other")).toMatchObject({ revision: 1 });
    expect(mr.struck).toHaveLength(1);
    await mr.close();
  });

  test("a fire by hand whose answer was lost has made one job", async () => {
    const { mr } = await daily();
    mr.fail({ verb: "fireSchedules", when: "after" });
    const answer = await mr.schedules.run("daily");
    const { rows } = await mr.jobs.list();
    expect(answer).toEqual({ result: "fired", job: rows[0]?.id });
    expect(rows).toHaveLength(1);
    expect(mr.struck).toHaveLength(1);
    await mr.close();
  });

  test("see what comes next, and what would", async () => {
    const { mr } = await daily();
    const days = ["2026-01-01T12:00:00.000Z", "2026-01-02T12:00:00.000Z"];
    expect(await mr.schedules.next("daily", 2)).toEqual(days);
    expect(await mr.schedules.next("daily")).toHaveLength(10);
    expect(await mr.schedules.preview({ cron: "0 12 * * *" }, 2)).toEqual(days);
    expect(await mr.schedules.preview({ every: "12h", anchor: "2026-01-01T06:00Z" }, 1)).toEqual([
      "2026-01-01T06:00:00.000Z",
    ]);
    expect(await mr.schedules.next("none")).toBeUndefined();
    await mr.close();
  });

  test("remove and list", async () => {
    const { mr } = await daily();
    await mr.schedule("another", { every: "1d", run: "report", input: { to: "" } });
    const first = await mr.schedules.list({ limit: 1 });
    expect(first).toMatchObject({ rows: [{ id: "another" }], next: "another" });
    expect((await mr.schedules.list({ after: first.next })).rows).toMatchObject([{ id: "daily" }]);
    expect(await mr.schedules.remove("daily")).toBe("removed");
    for (const verb of ["remove", "pause", "resume"] as const) {
      expect(await mr.schedules[verb]("daily")).toBe("not-found");
    }
    expect(await mr.schedules.run("daily")).toEqual({ result: "not-found" });
    expect(await mr.schedules.get("daily")).toBeUndefined();
    await mr.close();
  });

  test("give up on a schedule that others hold all the time", async () => {
    const { job } = noting();
    const { mr, time, store } = scene([job]);
    const held = { ...store, fireSchedules: async () => [{ result: "stale" as const }] };
    const other = createMillrace({ store: held, jobs: [job], timing: time });
    await mr.schedule("often", { every: "10s", run: job, input: { to: "" } });
    const answer = expect(other.schedules.run("often")).rejects.toMatchObject({ code: "deadline-exceeded" });
    await time.advance(2_000);
    await answer;
    await mr.close();
  });
});
