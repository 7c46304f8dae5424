/** What ADR 9 says of Redis itself, proven on the server at hand. */
import type { LeaseId, RunId } from "@millrace/core";
import { type JobId, type NewJob, newId } from "@millrace/core";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findFreePort } from "../../../scripts/services/private-server.mjs";
import { startRedis } from "../../../scripts/services/redis.mjs";
import { connect, removeKeys } from "./redis-home.ts";
import { redisStore } from "./redis-store.ts";

const PREFIX = "{facts}:";
const KEY = `${PREFIX}key`;
const redis = connect();
const run = (script: string) => redis.eval(script, 1, KEY);

beforeAll(() => redis.connect());
afterAll(async () => {
  await removeKeys(redis, PREFIX);
  redis.disconnect();
});

describe("Lua in Redis", () => {
  it("writes numbers of 15 and more digits in scientific notation, unless told otherwise", async () => {
    expect(await run("return tostring(123456789012345)")).toBe("1.2345678901234e+14");
    expect(await run('return string.format("%.0f", 123456789012345)')).toBe("123456789012345");
    await run('redis.call("SET", KEYS[1], 123456789012345)');
    expect(await redis.get(KEY)).toBe("123456789012345");
  });

  it("counts past 2^53 in Redis but not in Lua", async () => {
    await redis.set(KEY, "9007199254740992");
    const next = 'return string.format("%.0f", redis.call("INCRBY", KEYS[1], 1))';
    expect(await run(next)).toBe("9007199254740992");
    expect(await redis.get(KEY)).toBe("9007199254740993");
  });

  it("cuts fractions off numbers it returns, and lists at the first nil", async () => {
    expect(await run("return {1.9, false, nil, 4}")).toEqual([1, null]);
  });

  it("cannot pass more than some 8,000 words to one command", async () => {
    const push = (words: number) => `local w = {} for i = 1, ${words} do w[i] = i end
      return redis.call("RPUSH", KEYS[1], unpack(w))`;
    await redis.del(KEY);
    expect(await run(push(7_000))).toBe(7_000);
    await expect(run(push(8_000))).rejects.toThrow("too many results to unpack");
  });

  it("reads JSON numbers as doubles and writes an empty list as an object", async () => {
    const back = (json: string) => run(`return cjson.encode(cjson.decode('${json}'))`);
    expect(await back("[9007199254740993]")).toBe("[9.007199254741e+15]");
    expect(await back('{"items":[]}')).toBe('{"items":{}}');
  });

  it("keeps what a failed script wrote before it failed", async () => {
    const script = 'redis.call("SET", KEYS[1], "half") redis.call("HSET", KEYS[1], "a", "b")';
    await expect(run(script)).rejects.toThrow("WRONGTYPE");
    expect(await redis.get(KEY)).toBe("half");
  });
});

it("a count Redis could not add fails the call before anything is written", async () => {
  const store = redisStore({ redis, prefix: PREFIX, clock: "server" });
  await store.enqueue([newJob("task")]);
  const [job] = await store.claim([{ queue: "work", max: 1, names: ["task"] }], leaseOf());
  if (job === undefined) throw new Error("nothing to claim");
  const step = { run: newId<RunId>(), step: "load" };
  for (const by of [1.5, 2 ** 60, Number.NaN, Number.POSITIVE_INFINITY]) {
    const write = { id: job.id, token: job.token, write: 1, step, counters: { fine: 1, read: by } };
    const settling = store.settle([{ ...write, outcome: { kind: "completed" }, record: "{}" }]);
    await expect(settling).rejects.toMatchObject({ code: "bad-input" }); // the port refuses it on every store
  }
  expect((await store.find({ ids: [job.id] }, { limit: 1 })).rows[0]?.state).toBe("running");
  expect(await store.counters([`step:${step.run}:load`])).toEqual({});
});

it("a full server refuses a script before its first write, never between two", async () => {
  const server = await startRedis({ maxmemory: "16mb" });
  const full = new Redis(server.url);
  try {
    const fill = `redis.call("SET", KEYS[1], string.rep("x", 20000000)) redis.call("SET", KEYS[2], "second")`;
    await full.eval(fill, 2, "first", "second");
    expect(await full.get("second")).toBe("second");
    await expect(full.eval('redis.call("SET", KEYS[1], "more")', 1, "third")).rejects.toThrow("OOM");
    await full.eval('redis.call("DEL", KEYS[1])', 1, "first");
  } finally {
    full.disconnect();
    await server.stop();
  }
});

it("a full server refuses new jobs, and lets those it has end", async () => {
  const server = await startRedis({ maxmemory: "16mb" });
  const full = new Redis(server.url);
  try {
    const store = redisStore({ redis: full, prefix: "{full}:", clock: "server" });
    await store.enqueue([newJob("task")]);
    await full.eval('redis.call("SET", KEYS[1], string.rep("x", 20000000))', 1, "ballast");
    await expect(store.enqueue([newJob("task")])).rejects.toThrow("OOM");
    const [job] = await store.claim([{ queue: "work", max: 2, names: ["task"] }], leaseOf());
    if (job === undefined) throw new Error("nothing to claim");
    const outcome = { kind: "completed" } as const;
    const settlement = { id: job.id, token: job.token, write: 1, outcome, record: "{}" };
    expect(await store.settle([settlement])).toEqual(["applied"]);
  } finally {
    full.disconnect();
    await server.stop();
  }
});

it("on a cluster, scripts may compute keys of their own hash tag", async () => {
  const server = await startRedis({ "cluster-enabled": "yes", "cluster-port": await findFreePort() });
  const node = new Redis(server.url);
  try {
    await node.call("CLUSTER", ["ADDSLOTSRANGE", 0, 16_383]);
    await expect.poll(() => node.cluster("INFO"), { timeout: 20_000 }).toContain("cluster_state:ok");
    const store = redisStore({ redis: node, prefix: "{one}:", clock: "server" });
    await store.enqueue([newJob("parent")]);
    const [parent] = await store.claim([{ queue: "work", max: 1, names: ["parent"] }], leaseOf());
    if (parent === undefined) throw new Error("nothing to claim");
    const write = { id: parent.id, token: parent.token, write: 1, spawn: [newJob("child")] };
    expect(await store.save([write])).toEqual(["applied"]);
    const outcome = { kind: "completed" } as const;
    expect(await store.settle([{ ...write, outcome, record: "{}" }])).toEqual(["applied"]);
    expect(await store.counters(["queue:work:default"])).toEqual({
      "queue:work:default": { completed: 1, queued: 1 },
    });
  } finally {
    node.disconnect();
    await server.stop();
  }
});

function leaseOf() {
  return { worker: "one", lease: newId<LeaseId>(), leaseMs: 10_000 };
}

function newJob(name: string): NewJob {
  const id = newId<JobId>();
  return {
    id,
    queue: "work",
    name,
    tenant: "",
    priority: "default",
    delayMs: 0,
    maxRescues: 3,
    envelope: "0{}",
  };
}
