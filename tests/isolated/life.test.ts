/** The life of the processes: looked into before jobs are claimed, shared, replaced, stopped, gone with their worker. */
import { fork } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createMillrace, type MillraceError } from "@millrace/core";
import { createPgClient, sqlStore } from "@millrace/postgres";
import { testPostgresUrl } from "@millrace/testkit";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import * as jobs from "./jobs.mjs";
import { childrenOf, isRunning, scene, WAIT } from "./scene.ts";

const closing: (() => Promise<void>)[] = [];
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-isolated-"));
});

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  rmSync(folder, { recursive: true });
});

function open(...given: Parameters<typeof scene>): ReturnType<typeof scene> {
  const made = scene(...given);
  closing.push(() => made.mr.close());
  return made;
}

function marks(): string {
  const path = join(folder, "marks");
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

describe("a worker", () => {
  test("claims no job of a module that does not export it, says so, and runs the others", async () => {
    const notHere = jobs.notHere();
    const { mr, errors, ended } = open([notHere, jobs.noModule, jobs.starter, jobs.inline]);
    const waiting = await Promise.all([notHere, jobs.noModule, jobs.starter].map((job) => mr.enqueue(job)));
    expect((await ended(await mr.enqueue(jobs.inline))).result).toBe("inline");
    await expect.poll(() => errors.length, WAIT).toBeGreaterThanOrEqual(3);
    expect(errors.slice(0, 3).map(([where, error]) => [where, (error as MillraceError).code])).toEqual(
      Array(3).fill(["isolate", "bad-config"]),
    );
    const messages = errors.slice(0, 3).map(([, error]) => (error as MillraceError).message);
    expect(messages[0]).toMatch(
      /job "not here" is isolated, and its module file:.*jobs\.mjs does not export it/,
    );
    expect(messages[1]).toMatch(/missing\.mjs of an isolated job cannot be loaded: Cannot find module/);
    expect(messages[2]).toMatch(
      /starter\.mjs.*cannot be loaded: a worker is started in the process of an isol/,
    );
    for (const { id } of waiting) {
      expect(await mr.jobs.get(id)).toMatchObject({ state: "ready", attempts: 0 });
      expect((await mr.explain(id))?.reasons[0]?.code).toBe("no-worker");
    }
  });

  test("says of itself that it runs a job once it has found that its module exports it", async () => {
    const { mr } = open([jobs.length, jobs.notHere(), jobs.inline]);
    const names = async () => (await mr.workers.list())[0]?.names;
    await expect.poll(names, WAIT).toEqual(["length", "inline"]);
  });

  test("runs a job whose run only its module has, and one that the module exports in a list", async () => {
    const [inList] = jobs.inList;
    if (inList === undefined) throw new Error("the list is empty");
    const { mr, ended } = open([jobs.remote, inList]);
    expect((await ended(await mr.enqueue(jobs.remote, "four"))).result).toBe(4);
    expect((await ended(await mr.enqueue(inList))).result).toBe("listed");
  });

  test("runs each of 50 jobs once, no more at a time than it has processes, and holds up no others", async () => {
    const { mr, ended } = open([jobs.marking, jobs.inline]);
    const path = join(folder, "marks");
    const many = await Promise.all(
      Array.from({ length: 50 }, (_, n) => mr.enqueue(jobs.marking, { n, marks: path })),
    );
    await ended(await mr.enqueue(jobs.inline));
    expect(many.length).toBe(50);
    const records = await Promise.all(many.map(ended));
    expect(records.map(({ state, attempts }) => [state, attempts])).toEqual(Array(50).fill(["completed", 1]));
    const pids = new Set(records.map(({ result }) => (result as { pid: number }).pid));
    expect(pids.size).toBe(2);
    const seen = marks().trim().split(" ");
    expect(seen.filter((mark) => mark.startsWith("+")).sort()).toEqual(many.map((_, n) => `+${n}`).sort());
    let atOnce = 0;
    const most = seen.map((mark) => {
      atOnce += mark.startsWith("+") ? 1 : -1;
      return atOnce;
    });
    expect(Math.max(...most)).toBeLessThanOrEqual(2);
  });

  test("gives inline jobs their turn while isolated ones wait for a process", async () => {
    const { mr, ended } = open([jobs.waiting, jobs.inline], { concurrency: 4, isolated: { processes: 1 } });
    const waiting = await Promise.all(
      Array.from({ length: 6 }, () => mr.enqueue(jobs.waiting, { heeds: true })),
    );
    await expect.poll(async () => (await mr.jobs.get(waiting[0]?.id ?? ""))?.progress, WAIT).not.toBeNull();
    for (let n = 0; n < 6; n += 1) expect((await ended(await mr.enqueue(jobs.inline))).result).toBe("inline");
    await mr.jobs.cancel(waiting.map(({ id }) => id));
    for (const job of waiting) expect((await ended(job)).state).toBe("cancelled");
  });

  test("replaces a process after its number of attempts", async () => {
    const { mr, ended } = open([jobs.worn], { isolated: { processes: 1 } });
    const pids: unknown[] = [];
    for (let n = 0; n < 5; n += 1) pids.push((await ended(await mr.enqueue(jobs.worn))).result);
    expect(pids[0]).toBe(pids[1]);
    expect(pids[2]).toBe(pids[3]);
    expect(new Set(pids).size).toBe(3);
  });

  test("replaces a process that keeps much of its memory", async () => {
    const { mr, ended } = open([jobs.hoarding], { isolated: { processes: 1 } });
    const run = async (keeps: boolean) => (await ended(await mr.enqueue(jobs.hoarding, { keeps }))).result;
    const lean = await run(false);
    expect(await run(true)).toBe(lean);
    expect(await run(false)).not.toBe(lean);
  });
});

describe("a cancel from another client", () => {
  const SCHEMA = "isolated";
  const onServer = () => sqlStore(createPgClient({ url: testPostgresUrl() }), { schema: SCHEMA });

  beforeAll(async () => {
    const client = createPgClient({ url: testPostgresUrl() });
    await client.open();
    await client.script(`drop schema if exists ${SCHEMA} cascade`);
    await client.close();
  });

  test.each([
    [true, 60_000],
    [false, 100],
  ])(
    "stops a handler, whether it heeds its signal (%s) or is killed for not doing so",
    async (heeds, grace) => {
      const { mr, worker, ended, errors } = open([jobs.waiting], { grace }, { store: onServer() });
      const other = createMillrace({ store: onServer() });
      closing.push(() => other.close());
      const job = await mr.enqueue(jobs.waiting, { heeds, marks: join(folder, "marks") });
      await expect.poll(marks, WAIT).not.toBe("");
      expect(await other.jobs.cancel(job.id, { reason: "enough" })).toBe("cancelling");
      const record = await ended(job);
      expect(record).toMatchObject({ state: "cancelled" });
      expect(isRunning(Number(marks()))).toBe(heeds);
      expect([worker.running, worker.stuck]).toEqual([0, 0]);
      expect(errors).toEqual([]);
    },
  );
});

describe("at its end", () => {
  test("a worker waits for handlers, which are told that it drains, and leaves no process behind", async () => {
    const others = new Set(childrenOf(process.pid));
    const { mr, store, worker } = open([jobs.draining]);
    const { id } = await mr.enqueue(jobs.draining);
    const isStarted = async () => (await store.find({ ids: [id] }, { limit: 1 })).rows[0]?.checkpoint;
    await expect.poll(isStarted, WAIT).toBe("started");
    const own = childrenOf(process.pid).filter((pid) => !others.has(pid));
    expect(own.length).toBe(2);
    await worker.stop();
    expect(await mr.jobs.get(id)).toMatchObject({ state: "completed", result: "drained: AbortError" });
    expect(own.filter(isRunning)).toEqual([]);
  });

  test("a handler that outlives the drain is killed and its job goes back, no attempt burnt", async () => {
    const { mr, worker } = open([jobs.waiting], { drain: "100ms", grace: "100ms" });
    const { id } = await mr.enqueue(jobs.waiting, { heeds: false, marks: join(folder, "marks") });
    await expect.poll(marks, WAIT).not.toBe("");
    await worker.stop();
    expect(await mr.jobs.get(id)).toMatchObject({ state: "ready", attempts: 0, interruptions: 1 });
    expect(isRunning(Number(marks()))).toBe(false);
  });

  test("processes end with a worker that is killed, busy and idle ones", async () => {
    const program = fileURLToPath(new URL("lone-worker.mjs", import.meta.url));
    const parent = fork(program, [join(folder, "marks")], { execArgv: [] });
    await expect.poll(marks, WAIT).not.toBe("");
    await expect.poll(() => childrenOf(parent.pid ?? 0).length, WAIT).toBe(2);
    const children = childrenOf(parent.pid ?? 0);
    parent.kill("SIGKILL");
    await expect.poll(() => children.filter(isRunning), WAIT).toEqual([]);
  });
});

describe("whose job it is", () => {
  test("is looked at before a process is taken: a stranger's is refused", async () => {
    const known = (tenant: string) => tenant === "acme";
    const { mr, ended } = open([jobs.tell], {}, { tenants: { known, unknown: "refuse" } });
    const stranger = await ended(await mr.enqueue(jobs.tell, {}, { tenant: "stranger" }));
    expect(stranger).toMatchObject({ state: "dead", error: { class: "permission" } });
    expect((await ended(await mr.enqueue(jobs.tell, {}, { tenant: "acme" }))).state).toBe("completed");
  });

  test("may take long to say: a job cancelled meanwhile takes none, and its slot is free", async () => {
    let answer: (known: boolean) => void = () => undefined;
    const known = (tenant: string) =>
      tenant === "acme" || new Promise<boolean>((resolve) => (answer = resolve));
    const { mr, ended, worker } = open([jobs.marking], { concurrency: 1 }, { tenants: { known } });
    const slow = await mr.enqueue(jobs.marking, { n: 1, marks: join(folder, "marks") }, { tenant: "slow" });
    await expect.poll(async () => (await mr.jobs.get(slow.id))?.state, WAIT).toBe("running");
    await mr.jobs.cancel(slow.id);
    expect((await ended(slow)).state).toBe("cancelled");
    await expect.poll(() => worker.running, WAIT).toBe(0);
    answer(true);
    await ended(await mr.enqueue(jobs.marking, { n: 2, marks: join(folder, "marks") }, { tenant: "acme" }));
    expect(marks()).toBe("+2 -2 ");
  });
});
