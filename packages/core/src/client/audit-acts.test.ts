import { expect, test } from "vitest";
import type { Actor } from "../model/actor.ts";
import { testMillrace } from "../testing/test-millrace.ts";
import { defineJob } from "./define-job.ts";

const job = defineJob({ name: "report", queue: "reports", run: () => 1 });
const APP: Actor = { kind: "process", id: "billing" };
const ANN: Actor = { kind: "user", id: "ann", role: "operator" };
const NOTE = { actor: ANN, reason: "month's end" };

test("a schedule that a program sets at every start leaves a record of what has changed alone", async () => {
  await using mr = testMillrace({ jobs: [job], actor: APP });
  const options = { run: job, job: { tenant: "acme" }, zone: "Europe/Berlin" } as const;
  await mr.schedule("nightly", { ...options, cron: "0 3 * * *" });
  await mr.schedule("nightly", { ...options, cron: "0 3 * * *" });
  await mr.schedule("nightly", { ...options, cron: "0 4 * * *" }, NOTE);
  const { rows } = await mr.audit.list({ resourceType: "schedule", tenant: "acme" });
  expect(rows).toMatchObject([
    {
      ...{
        type: "schedule.set",
        resourceId: "nightly",
        actor: { kind: "user", id: "ann" },
        reason: NOTE.reason,
      },
      before: { revision: 1, timing: { cron: "0 3 * * *", zone: "Europe/Berlin" } },
      after: { revision: 2, timing: { cron: "0 4 * * *" }, job: { name: "report", queue: "reports" } },
    },
    { type: "schedule.set", actor: APP, before: null, after: { revision: 1 } },
  ]);
});

test("one whose setting was not answered is written down once", async () => {
  await using mr = testMillrace({ jobs: [job] });
  mr.fail({ verb: "setSchedule", when: "after" });
  await mr.schedule("nightly", { every: "1d", run: job });
  expect(mr.struck).toHaveLength(1);
  expect((await mr.audit.list()).rows).toHaveLength(1);
});

test("what is done to a schedule is written down with who and why, a lost answer once", async () => {
  await using mr = testMillrace({ jobs: [job], actor: APP });
  await mr.schedule("nightly", { every: "1d", run: job });
  await mr.schedules.pause("nightly", NOTE);
  await mr.schedules.pause("nightly", NOTE);
  mr.fail({ verb: "fireSchedules", when: "after" });
  const fired = await mr.schedules.run("nightly", { reason: "now" });
  await mr.schedules.resume("nightly", NOTE);
  await mr.schedules.resume("nightly", NOTE);
  await mr.advance("2d"); // fires that are due name nobody
  await mr.schedules.remove("nightly", NOTE);
  await mr.schedules.remove("nightly", NOTE);
  const { rows } = await mr.audit.list({ resourceType: "schedule" });
  expect(rows.map(({ type, actor, reason }) => [type, actor.id, reason])).toEqual([
    ["schedule.removed", "ann", NOTE.reason],
    ["schedule.resumed", "ann", NOTE.reason],
    ["schedule.fired", "billing", "now"],
    ["schedule.paused", "ann", NOTE.reason],
    ["schedule.set", "billing", null],
  ]);
  expect(rows[2]?.details).toEqual({ job: "job" in fired ? fired.job : undefined });
});

test("an operation's start and abort are written down: by the client's actor where nobody else is named", async () => {
  await using mr = testMillrace({ jobs: [job], actor: APP });
  const request = {
    action: "retry",
    filter: { states: ["dead"], queue: "reports", tenant: "acme" },
  } as const;
  const first = await mr.operations.start({ ...request, reason: "fixed" });
  await first.abort({ reason: "not yet" });
  await first.abort({ reason: "not yet" });
  const second = await mr.operations.start({ ...request, actor: ANN });
  await mr.operations.abort(second.id, NOTE);
  const { rows } = await mr.audit.list({ resourceType: "operation", tenant: "acme" });
  expect(rows.map(({ type, resourceId, actor, reason }) => [type, resourceId, actor.id, reason])).toEqual([
    ["operation.aborted", second.id, "ann", NOTE.reason],
    ["operation.started", second.id, "ann", null],
    ["operation.aborted", first.id, "billing", "not yet"],
    ["operation.started", first.id, "billing", "fixed"],
  ]);
  expect(rows.at(-1)?.details).toEqual({ action: "retry", filter: request.filter, isPatched: false });
});

test("a note that says what it cannot is refused, and nothing done", async () => {
  await using mr = testMillrace({ jobs: [job] });
  await mr.schedule("nightly", { every: "1d", run: job });
  const bad = { why: "so" } as object; // what a caller without types may say
  const refused = { code: "bad-config" };
  await expect(mr.schedule("other", { every: "1d", run: job }, bad)).rejects.toMatchObject(refused);
  await expect(mr.schedules.pause("nightly", bad)).rejects.toMatchObject(refused);
  await expect(mr.schedules.run("nightly", bad)).rejects.toMatchObject(refused);
  await expect(mr.schedules.remove("nightly", bad)).rejects.toMatchObject(refused);
  expect((await mr.schedules.list()).rows).toMatchObject([{ id: "nightly", paused: false, recent: [] }]);
});
