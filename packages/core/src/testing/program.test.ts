/** What a program says once for all its queues, classes and workers, and that it holds. */
import { describe, expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import { memoryStore } from "../memory/memory-store.ts";
import { createMillrace, type MillraceOptions } from "../millrace.ts";
import type { ProgramOptions } from "../program.ts";
import type { Logger } from "../runtime/logger.ts";
import type { QueueChange } from "../store/queue-store.ts";
import type { Store } from "../store/store.ts";
import { interceptedStore } from "./intercepted-store.ts";
import { testMillrace } from "./test-millrace.ts";
import { VirtualTime } from "./virtual-time.ts";

const mail = defineJob({ name: "mail", queue: "mail", run: () => undefined });

/** A client on a store of virtual time whose calls are kept. */
function program(options: Partial<MillraceOptions<[]>> = {}, jobs = [mail]) {
  const time = new VirtualTime();
  const calls: { readonly verb: string; readonly args: readonly unknown[] }[] = [];
  const store = interceptedStore(memoryStore({ now: () => time.now() }), async ({ verb, args }, make) => {
    calls.push({ verb, args: args as readonly unknown[] });
    return make();
  });
  const mr = createMillrace({ store, timing: time, ...options, jobs });
  const callsOf = (verb: string) => calls.filter((call) => call.verb === verb).map(({ args }) => args);
  return { mr, time, store, callsOf };
}

describe("a queue's ttl", () => {
  test("counts from when a job is due, where its enqueue does not say", async () => {
    const { mr, time } = program({ queues: { mail: { ttl: "1h" } } });
    const start = time.now();
    const expiryOf = async (options: object) => {
      const { id } = await mr.enqueue(mail, undefined, options);
      const at = (await mr.jobs.get(id))?.expiresAt;
      return at == null ? at : (Date.parse(at) - start) / 60_000;
    };
    expect(await expiryOf({})).toBe(60);
    expect(await expiryOf({ delay: "30m" })).toBe(90);
    expect(await expiryOf({ runAt: start + 600_000 })).toBe(70);
    expect(await expiryOf({ ttl: "5m" })).toBe(5);
    expect(await expiryOf({ expiresAt: start + 60_000 })).toBe(1);
    await mr.close();
  });

  test("is that of many jobs too, and of no other queue", async () => {
    const other = defineJob({ name: "other", run: () => undefined });
    const mr = testMillrace({ jobs: [mail, other], queues: { mail: { ttl: "1h" } } });
    await mr.enqueueMany(mail, [1, 2]);
    await mr.enqueueMany(mail, [3, 4], { key: (input) => String(input) });
    await mr.enqueue(other);
    const { rows } = await mr.jobs.list();
    expect(rows.map(({ expiresAt }) => expiresAt !== null).sort()).toEqual([false, true, true, true, true]);
    await mr.close();
  });

  test("is that of jobs that schedules fire", async () => {
    const mr = testMillrace({ jobs: [mail], queues: { mail: { ttl: "1h" } } });
    await mr.queues.pause("mail");
    await mr.schedule("hourly", { every: "1h", run: mail });
    await mr.advance("61m");
    const { rows } = await mr.jobs.list();
    const lines = rows.map(({ createdAt, expiresAt }) => Date.parse(expiresAt ?? "") - Date.parse(createdAt));
    expect(lines).toEqual([3_600_000]);
    await mr.close();
  });

  test("is not that of children, for somebody waits for them", async () => {
    const parent = defineJob({
      name: "parent",
      run: (_input, ctx) => {
        if (ctx.children !== undefined) return;
        ctx.enqueueChild(mail, undefined, { delay: "2h" });
        return ctx.waitForChildren();
      },
    });
    const mr = testMillrace({ jobs: [parent, mail], queues: { mail: { ttl: "1h" } } });
    const { id } = await mr.enqueue(parent);
    await mr.advance("1m");
    const { rows } = await mr.jobs.list({ parent: id });
    expect(rows.map(({ expiresAt }) => expiresAt)).toEqual([null]);
    await mr.close();
  });
});

describe("a queue's capacity", () => {
  const logged: { level: string; message: string }[] = [];
  const logger = Object.fromEntries(
    (["debug", "info", "warn", "error"] as const).map((level) => [
      level,
      (message: string) => void logged.push({ level, message }),
    ]),
  ) as unknown as Logger;

  async function open(store: Store, capacity: number | object, changes: QueueChange[] = []) {
    const counted = interceptedStore(store, async ({ verb, args }, make) => {
      if (verb === "configureQueue") changes.push(args[1] as QueueChange);
      return make();
    });
    const options: ProgramOptions = { queues: { mail: { capacity } } };
    const mr = createMillrace({ store: counted, jobs: [mail], logger, ...options });
    await mr.open();
    return { mr, changes };
  }

  test("is set when the store is opened, and holds for whoever enqueues", async () => {
    const { mr } = await open(memoryStore(), 2);
    expect(await mr.queues.list()).toEqual([
      { queue: "mail", paused: false, capacity: 2, capacities: {}, source: "configuration" },
    ]);
    expect(await mr.enqueueMany(mail, [1, 2, 3])).toMatchObject({ enqueued: 2, refused: 1 });
    await expect(mr.enqueue(mail)).rejects.toMatchObject({ code: "queue-full" });
    await mr.close();
  });

  test("that stands already is not set again", async () => {
    const store = memoryStore();
    await open(store, { total: 9, bulk: 2 });
    const { changes } = await open(store, { total: 9, bulk: 2 });
    expect(changes).toEqual([]);
  });

  test("of another program is replaced with a warning; what is not named stays", async () => {
    const store = memoryStore();
    const { mr } = await open(store, { total: 50, bulk: 2, low: 7 });
    await mr.queues.pause("mail");
    logged.length = 0;
    await open(store, 10);
    expect(await mr.queues.list()).toEqual([
      {
        queue: "mail",
        paused: true,
        capacity: 10,
        capacities: { low: 7, bulk: 2 },
        source: "configuration",
      },
    ]);
    expect(logged).toEqual([
      {
        level: "warn",
        message: expect.stringContaining('queue "mail": capacity was 50 in the store and is 10'),
      },
    ]);
  });

  test("of an operator stands, with a warning at each start, until it is taken back", async () => {
    const store = memoryStore();
    const { mr } = await open(store, 10);
    await mr.queues.setCapacity("mail", { total: 50 });
    logged.length = 0;
    await open(store, 10);
    expect(await mr.queues.list()).toMatchObject([{ capacity: 50, source: "operator" }]);
    expect(logged).toEqual([
      {
        level: "warn",
        message:
          'queue "mail": an operator has set capacity to 50, which stands; this program is configured with 10, which holds once "millrace queues set mail --unset" has been run',
      },
    ]);
    await mr.queues.setCapacity("mail", { total: null });
    await open(store, 10);
    expect(logged.at(-1)?.message).toContain("has set capacity to none");
    expect(await mr.enqueueMany(mail, Array.from({ length: 60 }))).toMatchObject({ enqueued: 60 });
    await mr.queues.unsetCapacity("mail");
    expect(await mr.queues.list()).toEqual([]);
    await open(store, 10);
    expect(await mr.queues.list()).toMatchObject([{ capacity: 10, source: "configuration" }]);
  });

  test("that could not be set is tried again by the next call", async () => {
    let isDown = true;
    const store = interceptedStore(memoryStore(), async ({ verb }, make) => {
      if (verb === "configureQueue" && isDown) throw new Error("down");
      return make();
    });
    const mr = createMillrace({ store, jobs: [mail], logger, queues: { mail: { capacity: 1 } } });
    await expect(mr.enqueue(mail)).rejects.toThrow("down");
    isDown = false;
    await mr.enqueue(mail);
    await expect(mr.enqueue(mail)).rejects.toMatchObject({ code: "queue-full" });
    await mr.close();
  });
});

describe("a class's retry policy", () => {
  test("is that of jobs that name none, at their enqueue or in their definition", async () => {
    const fail = () => {
      throw new Error("no");
    };
    const plain = defineJob({ name: "plain", run: fail });
    const own = defineJob({ name: "own", retry: "none", run: fail });
    const mr = testMillrace({
      jobs: [plain, own],
      retry: {
        default: { maxAttempts: 4, backoff: "fixed", initial: "1m", jitter: "none" },
        bulk: "default",
      },
    });
    const { id } = await mr.enqueue(plain);
    const sooner = await mr.enqueue(plain, undefined, { maxAttempts: 2 });
    const never = await mr.enqueue(own);
    const bulk = await mr.enqueue(plain, undefined, { priority: "bulk" });
    expect((await mr.jobs.get(id))?.maxAttempts).toBe(4);
    expect((await mr.jobs.get(bulk.id))?.maxAttempts).toBe(3);
    await mr.runAll({ later: true });
    const attempts = async (of: { id: string }) => (await mr.jobs.get(of.id))?.attempts;
    expect(await Promise.all([attempts({ id }), attempts(sooner), attempts(never), attempts(bulk)])).toEqual([
      4, 2, 1, 3,
    ]);
    const ends = (await mr.jobs.history(id))?.map(({ endedAt }) => Date.parse(endedAt)) ?? [];
    expect(ends.slice(1).map((end, index) => end - (ends[index] ?? 0))).toEqual([60_000, 60_000, 60_000]);
    await mr.close();
  });
});

describe("workers", () => {
  test("begin with the program's options, and put their own before them", async () => {
    const { mr, time, callsOf } = program({
      worker: { lease: "30s", concurrency: 40, buffer: 0, heartbeat: "2s" },
      priorities: { high: { target: "3s" }, low: { target: "4s" } },
      retention: { events: "2h" },
    });
    mr.worker({ targets: { low: "5s" }, heartbeat: "3s" });
    await mr.enqueueMany(mail, Array(500).fill(0));
    await time.advance(10_000);
    const claims = callsOf("claim") as [
      readonly { max: number }[],
      { leaseMs: number; targetsMs?: object },
    ][];
    expect(new Set(claims.map(([, { leaseMs }]) => leaseMs))).toEqual(new Set([30_000]));
    expect(Math.max(...claims.flatMap(([wants]) => wants.map(({ max }) => max)))).toBe(40);
    expect(claims.flatMap(([, { targetsMs }]) => targetsMs ?? [])[0]).toMatchObject({
      high: 3_000,
      low: 5_000,
    });
    expect(callsOf("fold")[0]).toEqual([{ limit: 1_000, keepEventsMs: 7_200_000 }]);
    await mr.close();
  });

  test("ask once a heartbeat which of their jobs were cancelled", async () => {
    const stay = defineJob({ name: "stay", run: (_input, { signal }) => signal.aborted || held });
    const { mr, time, callsOf } = program(
      { worker: { heartbeat: "4s", drain: 0, grace: 0 }, onError: () => undefined },
      [stay as never],
    );
    mr.worker();
    await mr.enqueue(stay);
    await time.advance(20_000);
    expect(callsOf("cancels")).toHaveLength(5);
    const closed = mr.close();
    await time.advance(1_000);
    await closed;
  });

  test("stamp jobs with the program's most rescues, where their definition has none", async () => {
    const own = defineJob({ name: "own", maxRescues: 1, run: () => undefined });
    const { mr, callsOf } = program({ worker: { maxRescues: 7 } }, [mail, own as never]);
    await mr.enqueue(mail);
    await mr.enqueue(own);
    const rescues = callsOf("enqueue").flatMap(([jobs]) => (jobs as { maxRescues: number }[])[0]?.maxRescues);
    expect(rescues).toEqual([7, 1]);
    await mr.close();
  });

  test("run no more of a queue at once than the program says, unless they say otherwise themselves", async () => {
    const load = loaded(["mail", "web"]);
    const mr = testMillrace({ jobs: load.jobs, concurrency: 20, queues: { mail: { concurrency: 3 } } });
    await load.enqueue(mr, 30);
    await mr.runAll();
    expect(load.most["mail"]).toBe(3);
    expect(load.most["web"]).toBeGreaterThan(3);
    await mr.close();
  });

  test("of one program run no more at once than it says, and leave no room unused", async () => {
    const load = loaded(["mail", "web"]);
    const mr = testMillrace({ jobs: load.jobs, concurrency: 8, worker: { maxConcurrentJobs: 5 } });
    mr.worker({ concurrency: 8, name: "other" });
    await load.enqueue(mr, 40);
    await mr.runAll();
    expect(load.most["all"]).toBe(5);
    expect(await mr.counters()).toMatchObject({ completed: 80 });
    await mr.close();
  });
});

/** Never ends. */
const held = new Promise(() => undefined);

/** Jobs of these queues, and the most that ran at once. */
function loaded(queues: readonly string[]) {
  const now: Record<string, number> = {};
  const most: Record<string, number> = {};
  const add = (name: string, jobs: number) => {
    now[name] = (now[name] ?? 0) + jobs;
    most[name] = Math.max(most[name] ?? 0, now[name]);
  };
  const jobs = queues.map((queue) =>
    defineJob({
      name: queue,
      queue,
      run: async () => {
        for (const name of [queue, "all"]) add(name, 1);
        await new Promise((resolve) => setImmediate(resolve));
        for (const name of [queue, "all"]) add(name, -1);
      },
    }),
  );
  const enqueue = async (
    mr: { enqueueMany: (job: never, inputs: number[]) => Promise<unknown> },
    count: number,
  ) => {
    for (const job of jobs) await mr.enqueueMany(job as never, Array(count).fill(0));
  };
  return { jobs, most, enqueue };
}

test.each<[object, string]>([
  [{ worker: 3 }, "worker is 3; it takes an object of options"],
  [{ worker: { concurency: 3 } }, 'worker has no option "concurency"'],
  [
    { worker: { concurrency: 0 } },
    "worker.concurrency is 0; it takes a whole number, 1 or more, or { min, max }",
  ],
  [{ worker: { maxConcurrentJobs: 0 } }, "worker.maxConcurrentJobs is 0; it takes a whole number, 1 or more"],
  [{ worker: { buffer: -1 } }, "worker.buffer is -1; it takes a whole number, 0 or more"],
  [{ worker: { maxRescues: 1.5 } }, "worker.maxRescues is 1.5; it takes a whole number, 0 or more"],
  [{ queues: [] }, "queues is []; it takes an object of options"],
  [{ queues: JSON.parse('{"__proto__": {}}') }, "and __proto__ is none"],
  [{ queues: { mail: 3 } }, "queues.mail is 3; it takes an object of options"],
  [
    { queues: { mail: { size: 3 } } },
    'queues.mail has no option "size"; it knows concurrency, capacity, ttl',
  ],
  [{ queues: { mail: { concurrency: "3" } } }, 'queues.mail.concurrency is "3"; it takes a whole number, 1'],
  [
    { queues: { mail: { capacity: -1 } } },
    "queues.mail.capacity is -1; it takes a whole number of jobs, 0 or more",
  ],
  [
    { queues: { mail: { capacity: "9" } } },
    'queues.mail.capacity is "9"; it takes a whole number of jobs, 0 or more',
  ],
  [{ queues: { mail: { capacity: { bulky: 9 } } } }, 'queues.mail.capacity has no option "bulky"'],
  [{ queues: { mail: { capacity: { bulk: 0.5 } } } }, "queues.mail.capacity.bulk is 0.5"],
  [{ queues: { mail: { ttl: 0 } } }, "queues.mail.ttl is 0; it takes 1 ms or more"],
  [{ queues: { mail: { ttl: "1 hour" } } }, 'queues.mail.ttl is "1 hour"'],
  [{ priorities: { urgent: {} } }, 'priorities has no option "urgent"'],
  [{ priorities: { high: "1s" } }, 'priorities.high is "1s"; it takes an object of options'],
  [{ priorities: { high: { target: 0 } } }, "priorities.high.target is 0; it takes 1 ms or more"],
  [{ retry: { normal: "default" } }, 'retry has no option "normal"'],
  [{ retry: { high: "often" } }, 'retry.high is "often"; it takes default, aggressive, none, or a policy'],
  [{ retry: { high: null } }, "retry.high is null; it takes an object of options"],
  [{ retry: { high: 3 } }, "retry.high is 3; it takes an object of options"],
  [{ retry: { high: { maxAttempts: 0 } } }, "retry.high.maxAttempts is 0"],
  [{ retry: { high: { backoff: () => 1 } } }, "retry.high.backoff is a function; a job carries data only"],
  [{ retention: { events: "1s" } }, 'createMillrace.retention.events is "1s"; it takes 60000 ms or more'],
])("%j is refused", (options, message) => {
  expect(() => createMillrace({ store: memoryStore(), ...options })).toThrow(
    expect.objectContaining({ code: "bad-config", message: expect.stringContaining(message) }),
  );
});
