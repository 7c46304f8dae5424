/** Commands that follow what other processes do, on PostgreSQL: events, a running job's log, figures line by line. */
import { createMillrace, defineJob, type Millrace } from "@millrace/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CommandPlace } from "./command-place.ts";
import { start } from "./millrace-command.ts";

let place: CommandPlace;
let goOn: () => void = () => undefined;
const gate = new Promise<void>((resolve) => {
  goOn = resolve;
});
const slow = defineJob({
  name: "slow",
  queue: "work",
  run: async (_input: unknown, ctx) => {
    ctx.log.info("begun");
    await gate;
    ctx.log.info("ended");
  },
});
let mr: Millrace<readonly [typeof slow]>;

beforeAll(async () => {
  place = new CommandPlace();
  mr = createMillrace({ store: place.store(), jobs: [slow] });
  await mr.queues.resume("work"); // makes the schema
});
afterAll(async () => {
  await mr.close();
  await place.remove();
});

const WAIT = { timeout: 60_000, interval: 50 };

test("tail and logs follow a job from its enqueue to its end, top says so meanwhile", async () => {
  const top = start(["top", "--every", "100ms"], place);
  await expect.poll(() => top.lines.at(-1), WAIT).toMatch(/^\S+ \S+ {2}0 queued · 0 running/);
  const tail = start(
    ["jobs", "tail", "--all", "--queue", "work", "--kind", "claimed,completed", "--limit", "2"],
    place,
  );
  const job = await mr.enqueue(slow, {});
  const worker = mr.worker({ queues: ["work"] });
  const logs = start(["jobs", "logs", job.id, "--follow", "-o", "ndjson"], place);
  await expect.poll(() => logs.lines.length, WAIT).toBe(1);
  await expect.poll(() => top.lines.at(-1), WAIT).toContain("1 running");
  goOn();
  expect((await logs.ended).code).toBe(0);
  expect(logs.lines.map((line) => JSON.parse(line).line)).toEqual(["begun", "ended"]);
  expect((await tail.ended).code).toBe(0);
  expect(tail.lines.map((line) => line.split(/ +/)[2])).toEqual(["claimed", "completed"]);
  top.process.kill("SIGINT");
  expect((await top.ended).code).toBe(130);
  await worker.stop();
});

test("Ctrl-C ends what follows with 130", async () => {
  const tail = start(["jobs", "tail", "--all", "-o", "ndjson"], place);
  await expect.poll(() => tail.lines.length, WAIT).toBeGreaterThan(2);
  tail.process.kill("SIGINT");
  expect(await tail.ended).toMatchObject({ code: 130, err: "" });
});

test("a stream that is interrupted is enqueued as far as it was read", async () => {
  const words = ["enqueue", "mail", "-", "--queue", "mail"];
  const streaming = start(words, { ...place, input: "open" });
  const lines = Array.from({ length: 1_000 }, (_, n) => `${n}\n`).join("");
  streaming.process.stdin?.write(lines);
  await expect.poll(async () => (await mr.jobs.list({ queue: "mail", limit: 1 })).rows.length, WAIT).toBe(1);
  streaming.process.kill("SIGINT");
  expect(await streaming.ended).toMatchObject({
    code: 130,
    out: "enqueued 1,000 jobs",
    err: "interrupted: the rest of stdin was not read\n",
  });
});

test("a server that is not there is exit 8", async () => {
  const { code, err } = await place.run("stats", "--store", "postgres://127.0.0.1:1/nowhere");
  expect(code).toBe(8);
  expect(err).toMatch(/^error: .*\n$/);
});
