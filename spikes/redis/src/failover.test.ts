/** The fence holds where a replica takes over that had not heard of the last claims. */
import { type ClaimedJob, type JobId, type LeaseId, newId, type Outcome } from "@millrace/core";
import { Redis } from "ioredis";
import { expect, it } from "vitest";
import { startRedis } from "../../../scripts/services/redis.mjs";
import { redisStore } from "./redis-store.ts";

const COMPLETED: Outcome = { kind: "completed" };

it("a token from a claim that the new primary never saw is fenced", async () => {
  const primary = await startRedis({ "repl-diskless-sync-delay": 0 });
  const replica = await startRedis({ replicaof: `127.0.0.1 ${new URL(primary.url).port}` });
  const [first, second] = [new Redis(primary.url), new Redis(replica.url)];
  try {
    const [before, after] = [storeOn(first), storeOn(second)];
    await before.enqueue([newJob()]);
    await before.enqueue([newJob()]);
    const known = await claim(before);
    await expect.poll(() => first.wait(1, 1_000), { timeout: 20_000 }).toBe(1);
    await second.call("REPLICAOF", ["NO", "ONE"]);
    const lost = await claim(before);
    const taken = await claim(after);
    expect(taken.id).toBe(lost.id);
    expect(BigInt(taken.token)).toBeGreaterThan(BigInt(lost.token));
    expect(await settle(after, lost)).toEqual(["fenced"]);
    expect(await settle(after, taken)).toEqual(["applied"]);
    expect(await settle(after, known)).toEqual(["applied"]);
  } finally {
    for (const client of [first, second]) client.disconnect();
    for (const server of [replica, primary]) await server.stop();
  }
});

type StoreHere = ReturnType<typeof redisStore>;

function storeOn(redis: Redis): StoreHere {
  return redisStore({ redis, prefix: "{failover}:", clock: "server" });
}

function newJob() {
  const id = newId<JobId>();
  const given = { queue: "work", name: "task", tenant: "", priority: "default" } as const;
  return { id, ...given, delayMs: 0, maxRescues: 3, envelope: "0{}" };
}

async function claim(store: StoreHere): Promise<ClaimedJob> {
  const options = { worker: "one", lease: newId<LeaseId>(), leaseMs: 60_000 };
  const [job] = await store.claim([{ queue: "work", max: 1, names: ["task"] }], options);
  if (job === undefined) throw new Error("nothing to claim");
  return job;
}

function settle(store: StoreHere, { id, token }: ClaimedJob) {
  return store.settle([{ id, token, write: 1, outcome: COMPLETED, record: "{}" }]);
}
