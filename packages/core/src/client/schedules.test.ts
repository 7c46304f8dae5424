import { describe, expect, expectTypeOf, test } from "vitest";
import type { JobInfo } from "../job/context.ts";
import { createMillrace } from "../millrace.ts";
import { MillraceError } from "../model/errors.ts";
import { gate, scene, unreachable } from "../testing/scene.fixture.ts";
import { testMillrace } from "../testing/test-millrace.ts";
import { defineJob } from "./define-job.ts";

const HOUR_MS = 3_600_000;

/** A job that notes the times it was made for. */
function noting() {
  const noted: string[] = [];
  const job = defineJob({
    name: "report",
    run: (input: { readonly to: string }, ctx) => {
      noted.push(`${input.to} ${timeOf(ctx.job)}`);
    },
  });
  return { job, noted };
}

function timeOf({ schedule }: JobInfo): string {
  return schedule?.at.toISOString().slice(11, 19) ?? "never";
}

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

describe("fires that nobody was there to make", () => {
  /** What is made of three and a half missed hours. */
  async function after(misfire: "skip" | "fire-once" | { readonly backfill: number } | undefined) {
    const { job, noted } = noting();
    const { mr, time } = scene([job]);
    await mr.schedule("hourly", { every: "1h", run: job, input: { to: "ann" }, misfire });
    const startMs = time.now();
    await time.advance(HOUR_MS - (startMs % HOUR_MS) + 2.5 * HOUR_MS);
    mr.worker({ sweep: "10s" });
    await time.advance(2_000);
    const schedule = await mr.schedules.get("hourly");
    await mr.close();
    return {
      fired: noted.length,
      recent: schedule?.recent.map(({ outcome, reason }) => reason ?? outcome),
      schedule,
    };
  }

  test("are made up for by one, for the last of them", async () => {
    for (const misfire of [undefined, "fire-once"] as const) {
      const { fired, recent, schedule } = await after(misfire);
      expect({ fired, recent }).toEqual({ fired: 1, recent: ["fired", "missed"] });
      expect(schedule?.lastAt).toBe(schedule?.recent[0]?.at);
    }
  });

  test("are passed over, or made as far as they were asked for", async () => {
    expect(await after("skip")).toMatchObject({ fired: 0, recent: ["missed"], schedule: { lastAt: null } });
    expect(await after({ backfill: 2 })).toMatchObject({ fired: 2, recent: ["fired", "fired", "missed"] });
    expect(await after({ backfill: 5 })).toMatchObject({ fired: 3, recent: ["fired", "fired", "fired"] });
  });
});

describe("fires while a job of an earlier one lives", () => {
  /** Fires twice while the first job's handler goes on. */
  async function twice(overlap: "allow" | "skip" | "queue-one" | "cancel-running") {
    const held = gate();
    const order: string[] = [];
    const job = defineJob({
      name: "slow",
      run: async (_input: unknown, { signal, job }) => {
        order.push(`start ${timeOf(job)}`);
        const stopped = new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason)),
        );
        await Promise.race([held.promise, stopped]);
        order.push(`end ${timeOf(job)}`);
      },
    });
    const { mr, time } = scene([job]);
    await mr.schedule("often", { every: "10s", run: job, overlap });
    mr.worker({ concurrency: 10, sweep: "1s", lease: "1h" });
    await time.advance(30_000 - (time.now() % 10_000));
    held.open();
    await time.advance(2_000);
    const recent = (await mr.schedules.get("often"))?.recent.map(({ outcome, reason }) => reason ?? outcome);
    const states = (await mr.jobs.list()).rows.map(({ state }) => state);
    await mr.close();
    return { order, recent, states };
  }

  test("are made", async () => {
    const { recent, states } = await twice("allow");
    expect(recent).toEqual(["fired", "fired", "fired"]);
    expect(states).toEqual(["completed", "completed", "completed"]);
  });

  test("are skipped, and say so", async () => {
    const { recent, states } = await twice("skip");
    expect(recent).toEqual(["overlap", "overlap", "fired"]);
    expect(states).toEqual(["completed"]);
  });

  test("have one wait its turn", async () => {
    const { recent, states, order } = await twice("queue-one");
    expect(recent).toEqual(["overlap", "fired", "fired"]);
    expect(states).toEqual(["completed", "completed"]);
    expect(order.map((each) => each.split(" ")[0])).toEqual(["start", "end", "start", "end"]);
  });

  test("take the place of what runs", async () => {
    const { recent, states } = await twice("cancel-running");
    expect(recent).toEqual(["fired", "fired", "fired"]);
    expect(states).toEqual(["completed", "cancelled", "cancelled"]);
  });
});

describe("several workers", () => {
  test("make each fire once between them", async () => {
    const { job, noted } = noting();
    const { mr, time, otherWorker, errors } = scene([job], { multiProcess: true });
    await mr.schedule("often", { every: "5s", run: job, input: { to: "" }, misfire: { backfill: 100 } });
    mr.worker({ sweep: "1s" });
    const others = [otherWorker({ sweep: "1s" }), otherWorker({ sweep: "1s" })];
    const startMs = time.now();
    await time.advance(120_000);
    expect(noted).toHaveLength(Math.floor((startMs + 120_000) / 5_000) - Math.floor(startMs / 5_000));
    expect(new Set(noted).size).toBe(noted.length);
    for (const other of others) await other.stop();
    await mr.close();
    expect(errors).toEqual([]);
  });

  test.each(["before", "after"] as const)(
    "one that fails %s its call has made no fire too few or too many",
    async (when) => {
      const { job, noted } = noting();
      const { mr, time, watch, errors } = scene([job]);
      await mr.schedule("often", { every: "10s", run: job, input: { to: "" } });
      watch[when].fireSchedules = () => {
        watch[when].fireSchedules = () => undefined;
        unreachable();
      };
      mr.worker({ sweep: "1s" });
      await time.advance(20_000);
      expect(noted).toHaveLength(2);
      expect(errors.map(([where]) => where)).toEqual(["fire"]);
      await mr.close();
    },
  );

  test("one that dies before the call leaves the fire to another, one that dies after it makes it once", async () => {
    for (const when of ["before", "after"] as const) {
      const { job, noted } = noting();
      const { mr, time, watch, otherWorker } = scene([job], { multiProcess: true });
      const dead = gate();
      await mr.schedule("often", { every: "10s", run: job, input: { to: "" } });
      watch[when].fireSchedules = () => dead.promise;
      mr.worker({ sweep: "1s", queues: ["elsewhere"] });
      const other = otherWorker({ sweep: "1s" });
      await time.advance(20_000);
      expect(noted).toHaveLength(2);
      dead.open();
      await time.advance(0);
      expect((await mr.jobs.list()).rows).toHaveLength(2);
      await other.stop();
      await mr.close();
    }
  });

  test("a fire that the store refuses keeps no other from being made", async () => {
    const { job, noted } = noting();
    const { mr, time, watch, errors } = scene([job]);
    const options = { run: job, input: { to: "" } } as const;
    await mr.schedule("bad", { every: "10s", ...options });
    await mr.schedule("good", { every: "10s", ...options });
    const refused = new MillraceError("store-failed", "refused");
    watch.before.fireSchedules = () => {
      const [fires = []] = watch.calls.fireSchedules.at(-1) ?? [];
      if (fires.some(({ schedule }) => schedule.id === "bad")) throw refused;
    };
    mr.worker({ sweep: "1s" });
    await time.advance(20_000);
    expect(noted).toHaveLength(2);
    expect(errors).toEqual([["fire", refused]]);
    expect(await mr.schedules.get("bad")).toMatchObject({ recent: [] });
    await mr.close();
  });

  test("and where the store is away while they are made one by one, all are made once it is back", async () => {
    const { job, noted } = noting();
    const { mr, time, watch } = scene([job]);
    const options = { run: job, input: { to: "" } } as const;
    await mr.schedule("one", { every: "10s", ...options });
    await mr.schedule("two", { every: "10s", ...options });
    const troubles = [new MillraceError("store-failed", "refused"), unreachable];
    watch.before.fireSchedules = () => {
      const trouble = troubles.shift();
      if (typeof trouble === "function") trouble();
      if (trouble !== undefined) throw trouble;
    };
    mr.worker({ sweep: "1s" });
    await time.advance(19_000);
    expect(noted).toHaveLength(2);
    await mr.close();
  });

  test("a schedule that a worker cannot read is reported once, and keeps no other from its fires", async () => {
    const { job, noted } = noting();
    const { mr, time, store, errors } = scene([job]);
    await mr.open();
    await store.setSchedule({ id: "a", tenant: "", definition: "9{}", nextMs: 1 });
    await mr.schedule("often", { every: "10s", run: job, input: { to: "" } });
    mr.worker({ sweep: "1s" });
    await time.advance(20_000);
    expect(noted).toHaveLength(2);
    expect(errors).toMatchObject([["fire", { code: "unsupported" }]]);
    expect(await mr.schedules.get("a")).toMatchObject({ timing: null, job: null });
    await mr.close();
  });
});

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

describe("why", () => {
  test("says what became of a time, and of times that are none", async () => {
    const { job } = noting();
    const { mr, time, store } = scene([job]);
    await mr.open();
    await time.advance(HOUR_MS - (time.now() % HOUR_MS));
    const minute = (n: number) => time.now() + n * 60_000;
    const [first, second, third, future] = [minute(10), minute(20), minute(30), minute(120)];
    await mr.schedule("often", { every: "10m", run: job, input: { to: "" }, overlap: "skip" });
    const setAt = time.now();
    expect(await mr.schedules.why("often")).toMatchObject({
      kind: "to-come",
      at: new Date(first).toISOString(),
    });
    await time.advance(600_000);
    expect(await mr.schedules.why("often")).toMatchObject({ kind: "late" });
    const worker = mr.worker({ queues: ["elsewhere"], sweep: "10s" });
    await time.advance(1_260_000);
    const [row] = (await store.findSchedules({}, { limit: 1 })).rows;
    expect(await mr.schedules.why("often", first)).toMatchObject({ kind: "fired", job: row?.jobs[0] });
    expect(await mr.schedules.why("often", second)).toMatchObject({
      kind: "skipped",
      reason: "overlap",
      job: row?.jobs[0],
    });
    expect(await mr.schedules.why("often")).toMatchObject({
      kind: "skipped",
      at: new Date(third).toISOString(),
    });
    expect(await mr.schedules.why("often", first + 1)).toMatchObject({ kind: "not-named" });
    expect(await mr.schedules.why("often", future)).toMatchObject({ kind: "to-come" });
    expect(await mr.schedules.why("often", setAt - 1)).toMatchObject({ kind: "before" });
    await worker.stop();
    await mr.schedules.pause("often");
    expect(await mr.schedules.why("often")).toMatchObject({ kind: "paused" });
    expect(await mr.schedules.why("often", future)).toMatchObject({ kind: "paused" });
    expect(await mr.schedules.why("none")).toMatchObject({
      kind: "not-found",
      text: expect.stringContaining("none"),
    });
    await mr.close();
  });

  test("tells a fire that no worker has made from one that was missed", async () => {
    const { job } = noting();
    const { mr, time } = scene([job]);
    await mr.schedule("hourly", { every: "1h", run: job, input: { to: "" }, misfire: "skip" });
    const startMs = Math.ceil(time.now() / HOUR_MS) * HOUR_MS;
    await time.advance(startMs - time.now() + 2.5 * HOUR_MS);
    expect(await mr.schedules.why("hourly", startMs + HOUR_MS)).toMatchObject({ kind: "late" });
    mr.worker({ sweep: "10s" });
    await time.advance(2_000);
    const why = await mr.schedules.why("hourly", startMs + HOUR_MS);
    expect(why).toMatchObject({ kind: "skipped", reason: "missed" });
    await mr.close();
  });
});
