import { expect, test } from "vitest";
import type { RunId } from "../model/ids.ts";
import { encodeSchedule, type RunTarget } from "../model/schedule.ts";
import { type Scene, scene } from "../testing/scene.fixture.ts";

const MINUTE_MS = 60_000;
const TARGET: RunTarget = {
  kind: "run",
  run: {
    ...{ definition: "count", instance: "all", rerun: false, tenant: "acme", params: '{"upTo":3}' },
    ...{ queue: "bulk", priority: "low" },
  },
  coordinator: {
    ...{ queue: "bulk", name: "count/run", tenant: "acme", priority: "high", maxRescues: 3 },
    ...{ payload: '{"params":{"upTo":3}}', rest: {} },
  },
};

/** A schedule of runs, a minute apart, whose worker runs none of their jobs. */
async function minutely(overlap: "allow" | "cancel-running" = "allow"): Promise<Scene<readonly []>> {
  const of = scene([]);
  await of.mr.open();
  const { nowMs } = await of.store.dueSchedules({ limit: 0 });
  const first = Math.ceil((nowMs + 1) / MINUTE_MS) * MINUTE_MS;
  const definition = encodeSchedule({
    timing: { kind: "interval", everyMs: MINUTE_MS, anchorMs: 0 },
    misfire: { kind: "fire-once" },
    overlap,
    target: TARGET,
  });
  await of.store.setSchedule({ id: "minutely", tenant: "acme", definition, nextMs: first });
  of.mr.worker({ queues: ["default"] });
  return of;
}

async function runs({ store }: Scene<readonly []>) {
  return (await store.findRuns({ tenant: "acme" }, { limit: 10 })).rows;
}

function idOf([run]: readonly { readonly id: RunId }[]): RunId {
  if (run === undefined) throw new Error("no run was started");
  return run.id;
}

test("a worker starts a schedule's run when it is due, and the schedule shows it", async () => {
  const of = await minutely();
  await of.time.advance(MINUTE_MS);
  const started = await runs(of);
  expect(started).toMatchObject([
    { definition: "count", instance: "all", state: "running", params: '{"upTo":3}' },
  ]);
  const shown = await of.mr.schedules.get("minutely");
  expect(shown).toMatchObject({
    job: null,
    run: { definition: "count", instance: "all", queue: "bulk", priority: "low", params: { upTo: 3 } },
    recent: [{ outcome: "fired", run: idOf(started), job: started[0]?.coordinator }],
  });
  const why = await of.mr.schedules.why("minutely");
  expect(why).toMatchObject({ kind: "fired", run: idOf(started), text: `it started run ${idOf(started)}` });
  expect(of.errors).toEqual([]);
  await of.mr.close();
});

test("a run that is active, or has completed for good, is why the next is not started", async () => {
  const of = await minutely();
  await of.time.advance(2 * MINUTE_MS);
  const run = idOf(await runs(of));
  expect(await of.mr.schedules.why("minutely")).toMatchObject({
    ...{ kind: "skipped", reason: "overlap", run },
    text: `run ${run} of its instance was active`,
  });
  await of.store.moveRun({ run, from: ["running"], to: "completed" });
  await of.time.advance(MINUTE_MS);
  expect(await of.mr.schedules.why("minutely")).toMatchObject({
    ...{ kind: "skipped", reason: "finished", run, job: null },
    text: `run ${run} of its instance has completed, and its definition does not run again`,
  });
  expect(await runs(of)).toHaveLength(1);
  await of.mr.close();
});

test("by hand it is started now, under ids of its own", async () => {
  const of = await minutely();
  const fired = await of.mr.schedules.run("minutely", { reason: "the disk was full" });
  const started = await runs(of);
  expect(fired).toEqual({ result: "fired", run: idOf(started), job: started[0]?.coordinator });
  expect(await of.mr.schedules.run("minutely")).toMatchObject({ result: "skipped", reason: "overlap" });
  await of.mr.close();
});

test("a schedule of a kind that no version knew is shown without what it makes", async () => {
  const of = await minutely();
  const definition = encodeSchedule({
    timing: { kind: "interval", everyMs: MINUTE_MS, anchorMs: 0 },
    misfire: { kind: "fire-once" },
    overlap: "allow",
    target: { ...TARGET, kind: "later" as "run" },
  });
  await of.store.setSchedule({ id: "later", tenant: "", definition, nextMs: 0 });
  await of.time.advance(MINUTE_MS);
  expect(await of.mr.schedules.get("later")).toMatchObject({ job: null, run: null, recent: [] });
  expect(of.errors).toMatchObject([["fire", { code: "unsupported" }]]);
  await of.mr.close();
});
