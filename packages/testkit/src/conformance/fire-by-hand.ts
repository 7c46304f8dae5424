/** Rules of fires by hand. */
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { newJob, newJobs } from "./builders.ts";
import { fire, fireAgain, fireOf } from "./fire-words.ts";
import { type Rule, rulesOn } from "./rule.ts";
import { nowOf, scheduleRow, setSchedule } from "./schedules.ts";

/** When they are made, and what they leave as it was. */
export function fireByHandRules(home: TestHome): void {
  describe("fires, by hand", () => manualRules(rulesOn(home)));
}

function manualRules(rule: Rule): void {
  rule("made whenever, also while paused; the next fire stays where it is", async (scene) => {
    const row = await setSchedule(scene);
    await scene.store.pauseSchedule(row.id);
    await scene.advance(5);
    const atMs = await nowOf(scene);
    const asked = { ...fireOf(row), due: "manual", fire: { fireMs: atMs, job: newJob() } } as const;
    const { id } = asked.fire.job;
    expect(await scene.store.fireSchedules([asked])).toEqual([{ result: "fired", job: id }]);
    const after = { ...row, paused: true, jobs: [id] };
    const recent = [{ fireMs: atMs, atMs, outcome: "fired", job: id, manual: true }];
    expect(await scheduleRow(scene)).toEqual({ ...after, recent });
  });

  rule("sent again it adds nothing, neither a job nor a record", async (scene) => {
    const row = await setSchedule(scene);
    const asked = fireOf(row, { due: "manual", overlap: "skip" });
    await scene.store.fireSchedules([asked]);
    const after = await scheduleRow(scene);
    for (const overlap of ["skip", "cancel-running"] as const) {
      expect(await scene.store.fireSchedules([{ ...asked, overlap }])).toMatchObject([{ result: "fired" }]);
    }
    expect(await scheduleRow(scene)).toEqual(after);
    expect(await scene.queueCounts()).toEqual({ queued: 1 });
  });

  rule("its job is in the way of later ones, and theirs in its", async (scene) => {
    const row = await setSchedule(scene);
    await fire(scene, row, { due: "manual" });
    expect(await fireAgain(scene, "skip")).toMatchObject({ result: "skipped" });
    const jobs = newJobs(1);
    expect(
      await fire(scene, await scheduleRow(scene), { due: "manual", overlap: "skip", job: jobs[0] ?? {} }),
    ).toMatchObject({ result: "skipped" });
  });

  rule("a changed schedule is not fired by who has read it before", async (scene) => {
    const row = await setSchedule(scene);
    await scene.store.setSchedule({ ...row, definition: "0two" });
    expect(await fire(scene, row, { due: "manual" })).toEqual({ result: "stale" });
  });
}
