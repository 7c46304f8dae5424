import { describe, expect, test } from "vitest";
import { scene } from "../testing/scene.fixture.ts";
import { HOUR_MS, noting } from "./schedules.fixture.ts";

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
