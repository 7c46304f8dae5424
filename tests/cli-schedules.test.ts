/** The schedule commands as built, on PostgreSQL. */
import { userInfo } from "node:os";
import { createMillrace, defineJob } from "@millrace/core";
import { createPgClient, sqlStore } from "@millrace/postgres";
import { testPostgresUrl } from "@millrace/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CommandPlace } from "./command-place.ts";

const report = defineJob({ name: "report", queue: "reports" });

let place: CommandPlace;
beforeAll(async () => {
  place = new CommandPlace();
  const client = createPgClient({ url: testPostgresUrl() });
  const mr = createMillrace({ store: sqlStore(client, { schema: place.schema }), jobs: [report] });
  const options = { cron: "0 3 * * *", zone: "Europe/Berlin", run: report, overlap: "skip" } as const;
  await mr.schedule("nightly", { ...options, input: { to: "ann" } });
  await mr.schedule("often", { every: "10m", run: report, job: { tenant: "acme" } });
  await mr.close();
});
afterAll(() => place.remove());

async function data(...words: readonly string[]) {
  const { code, out, err } = await place.run(...words, "-o", "json");
  expect({ code, err }).toMatchObject({ code: 0 });
  return JSON.parse(out);
}

test("schedules are listed and shown in one shape", async () => {
  const [nightly] = await data("schedules", "ls");
  expect(await data("schedules", "show", "nightly")).toEqual(nightly);
  expect(nightly).toMatchObject({
    id: "nightly",
    paused: false,
    job: { name: "report", input: { to: "ann" } },
  });
  expect((await data("schedules", "ls", "--tenant", "acme")).map(({ id }: { id: string }) => id)).toEqual([
    "often",
  ]);
  expect((await place.run("schedules", "ls")).out).toMatch(
    /^nightly {3}0 3 \* \* \* Europe\/Berlin {2}report {2}/m,
  );
  expect((await place.run("schedules", "show", "nightly")).out).toMatch(/^overlap {3}skip$/m);
});

test("the next times are told, and nothing of a schedule that is not there", async () => {
  const times: readonly string[] = await data("schedules", "next", "often", "--count", "3");
  expect(times).toHaveLength(3);
  expect(Date.parse(times[2] ?? "") - Date.parse(times[0] ?? "")).toBe(1_200_000);
  for (const command of ["show", "next", "why", "run", "pause", "resume", "rm"]) {
    expect(await place.run("schedules", command, "nope")).toMatchObject({ code: 3, out: "" });
  }
});

test("one is fired by hand, and skipped while that job lives; why is told", async () => {
  const fired = await place.run("schedules", "run", "nightly");
  expect(fired).toMatchObject({ code: 0, out: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  expect(await data("jobs", "show", fired.out)).toMatchObject({ name: "report", input: { to: "ann" } });
  const skipped = await place.run("schedules", "run", "nightly", "-o", "json");
  expect(skipped).toMatchObject({ code: 9, err: expect.stringContaining(fired.out) });
  expect(JSON.parse(skipped.out)).toEqual({ result: "skipped", reason: "overlap", job: fired.out });
  expect(await data("schedules", "why", "nightly")).toMatchObject({ kind: "skipped", job: fired.out });
  const told = await place.run("schedules", "why", "nightly", "--at", "2000-01-01T00:00:00Z");
  expect(told).toMatchObject({ code: 0, out: expect.stringMatching(/^before /) });
  expect(await place.run("schedules", "why", "nightly", "--at", "noon")).toMatchObject({ code: 2 });
});

test("they are paused, resumed and removed only when somebody said so", async () => {
  expect(await place.run("schedules", "pause", "nightly", "often")).toMatchObject({ code: 0 });
  expect(await data("schedules", "show", "often")).toMatchObject({ paused: true });
  expect((await place.run("schedules", "next", "often")).err).toContain("paused");
  expect((await place.run("schedules", "resume", "often")).err).toMatch(/^resumed often, next \d/m);
  expect((await place.run("schedules", "rm", "often", "--dry-run")).out).toContain("would remove");
  expect(await place.run("schedules", "rm", "often")).toMatchObject({ code: 2 });
  expect((await place.run("schedules", "rm", "often", "--yes")).code).toBe(0);
  expect((await place.run("schedules", "show", "often")).code).toBe(3);
});

test("what was done to them is in the audit, by the person at the command", async () => {
  const by = { actor: { kind: "user", id: userInfo().username } };
  expect(await data("audit", "ls", "--resource", "often")).toMatchObject([
    { ...by, type: "schedule.removed", tenant: "acme" },
    { ...by, type: "schedule.resumed" },
    { ...by, type: "schedule.paused" },
    { type: "schedule.set", actor: { kind: "process" } },
  ]);
  expect(await data("audit", "ls", "--resource", "nightly", "--type", "schedule.fired")).toMatchObject([by]);
});
