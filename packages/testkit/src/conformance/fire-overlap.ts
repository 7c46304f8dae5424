/** Rules of fires that meet jobs of earlier ones. */
import type { JobId } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, HOUR_MS, retry } from "./builders.ts";
import { fire, fireAgain, fireOf } from "./fire-words.ts";
import { type Rule, rulesOn } from "./rule.ts";
import { scheduleRow, setSchedule } from "./schedules.ts";

/** What becomes of a fire, and of those jobs. */
export function fireOverlapRules(home: TestHome): void {
  describe("fires, overlapping", () => overlapRules(rulesOn(home)));
}

function overlapRules(rule: Rule): void {
  rule("allow makes a job whatever lives", async (scene) => {
    await fire(scene, await setSchedule(scene));
    expect(await fireAgain(scene, "allow")).toMatchObject({ result: "fired" });
    expect(await scene.queueCounts()).toEqual({ queued: 2 });
  });

  rule("skip makes none while one lives, in line, running or retrying", async (scene) => {
    await fire(scene, await setSchedule(scene));
    const [id] = await scene.ids({});
    const skipped = { result: "skipped", reason: "overlap", job: id };
    expect(await fireAgain(scene, "skip")).toEqual(skipped);
    const held = await scene.claimOne({ leaseMs: 10 * HOUR_MS });
    expect(await fireAgain(scene, "skip")).toEqual(skipped);
    await scene.settle(held, retry(10 * HOUR_MS));
    expect(await fireAgain(scene, "skip")).toEqual(skipped);
    await scene.store.cancel([held.id]);
    expect(await fireAgain(scene, "skip")).toMatchObject({ result: "fired" });
    const { recent, lastMs, nextMs = 0 } = await scheduleRow(scene);
    expect(recent.map(({ outcome, reason, job }) => [outcome, reason, job === id])).toEqual([
      ["fired", undefined, false],
      ["skipped", "overlap", true],
      ["skipped", "overlap", true],
      ["skipped", "overlap", true],
      ["fired", undefined, true],
    ]);
    expect(lastMs).toBe(nextMs - HOUR_MS);
  });

  rule("a job of another schedule is in nobody's way", async (scene) => {
    await fire(scene, await setSchedule(scene, { id: "other" }));
    expect(await fire(scene, await setSchedule(scene), { overlap: "skip" })).toMatchObject({
      result: "fired",
    });
  });

  rule("queue-one has one wait behind one that runs, and no more", async (scene) => {
    const orderingKey = "line";
    await setSchedule(scene);
    await fire(scene, await scheduleRow(scene), { overlap: "queue-one", job: { orderingKey } });
    const [first] = await scene.ids({});
    const inLine = (job: JobId | undefined) => ({ result: "skipped", reason: "overlap", job });
    expect(await fireAgain(scene, "queue-one", { orderingKey })).toEqual(inLine(first));
    const held = await scene.claimOne({ leaseMs: 10 * HOUR_MS });
    expect(await fireAgain(scene, "queue-one", { orderingKey })).toMatchObject({ result: "fired" });
    expect(await scene.claim()).toEqual([]);
    const [second] = await scene.ids({});
    expect(await fireAgain(scene, "queue-one", { orderingKey })).toEqual(inLine(second));
    await scene.settle(held, COMPLETED);
    expect((await scene.claimOne()).id).toBe(second);
  });

  rule("cancel-running ends what waits, tells what runs to stop, and makes its job", async (scene) => {
    await fire(scene, await setSchedule(scene));
    const held = await scene.claimOne({ leaseMs: 10 * HOUR_MS });
    await fireAgain(scene, "allow");
    const [waiting] = await scene.ids({ states: ["ready"] });
    const answer = await fireAgain(scene, "cancel-running");
    expect(answer?.result).toBe("fired");
    const [newest] = await scene.ids({ states: ["ready"] });
    expect(await scene.ids({ states: ["cancelled"] })).toEqual([waiting]);
    expect((await scheduleRow(scene)).jobs).toEqual([held.id, newest]);
    expect(await scene.settle(held, COMPLETED)).toBe("applied-as-cancelled");
    expect(await scene.queueCounts()).toEqual({ queued: 1, cancelled: 2 });
  });

  rule("cancel-running has the room that the cancelled job leaves", async (scene) => {
    await scene.store.configureQueue("work", { capacity: 1 });
    await fire(scene, await setSchedule(scene));
    expect(await fireAgain(scene, "allow")).toEqual({ result: "skipped", reason: "queue-full" });
    expect(await fireAgain(scene, "cancel-running")).toMatchObject({ result: "fired" });
    expect(await scene.queueCounts()).toEqual({ queued: 1, cancelled: 1, refused: 1 });
  });

  rule("fires at the same time on jobs that end meanwhile come to an end", async (scene) => {
    const rows = await Promise.all(["a", "b", "c", "d"].map((id) => setSchedule(scene, { id })));
    await scene.store.fireSchedules(rows.map((row) => fireOf(row)));
    const held = await scene.claim({ leaseMs: 10 * HOUR_MS });
    await scene.advance(HOUR_MS);
    const due = (await scene.store.dueSchedules({ limit: 10 })).rows;
    const fires = due.map((row) => fireOf(row, { overlap: "cancel-running" }));
    const [answers] = await Promise.all([
      scene.store.fireSchedules(fires),
      scene.settleAll(held, COMPLETED),
      scene.store.fireSchedules(fires.toReversed()),
    ]);
    expect(answers).toHaveLength(4);
    expect((await scene.queueCounts())["queued"]).toBe(4);
  });
}
