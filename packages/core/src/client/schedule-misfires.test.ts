import { describe, expect, test } from "vitest";
import { gate, scene } from "../testing/scene.fixture.ts";
import { defineJob } from "./define-job.ts";
import { HOUR_MS, noting, timeOf } from "./schedules.fixture.ts";

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
