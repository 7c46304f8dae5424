/** What is the memory store's own: opening and closing, its clock, and values that stay its own. */
import { type LeaseId, memoryStore, type RunId, type Store } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { NAME, newJob, nextId, QUEUE } from "../conformance/builders.ts";

function claim(store: Store) {
  const want = { queue: QUEUE, max: 10, names: [NAME] };
  return store.claim([want], { worker: "worker-1", lease: nextId<LeaseId>(), leaseMs: 10_000 });
}

describe("memoryStore", () => {
  it("refuses every verb before it is opened and after it is closed", async () => {
    const store = memoryStore();
    await expect(store.enqueue([newJob()])).rejects.toMatchObject({ code: "store-closed" });
    await store.open();
    await store.enqueue([newJob()]);
    await store.close();
    await store.close();
    await expect(claim(store)).rejects.toMatchObject({ code: "store-closed" });
    await expect(store.find({}, { limit: 1 })).rejects.toMatchObject({ code: "store-closed" });
  });

  it("keeps its jobs over a close, and ends the leases on them", async () => {
    const store = memoryStore();
    await store.open();
    await store.enqueue([newJob()]);
    const [held] = await claim(store);
    await store.close();
    await store.open();
    expect(await store.rescue({ limit: 1 })).toEqual({ ready: 1, crashed: 0, more: false });
    expect((await store.find({}, { limit: 1 })).rows).toMatchObject([{ id: held?.id, state: "ready" }]);
  });

  it("opened twice keeps its leases", async () => {
    const store = memoryStore();
    await store.open();
    await store.enqueue([newJob()]);
    await claim(store);
    await store.open();
    expect(await store.rescue({ limit: 1 })).toEqual({ ready: 0, crashed: 0, more: false });
  });

  it("says what it can and what survives", async () => {
    const store = memoryStore();
    expect(store.capabilities).toEqual({ multiProcess: false });
    expect(await store.open()).toMatchObject({ kind: "memory", durability: "nothing survives the process" });
    expect(await store.migrate()).toEqual([]);
  });

  it("tells whole milliseconds by the machine's clock where it is given none", async () => {
    const store = memoryStore();
    await store.open();
    await store.enqueue([newJob()]);
    const row = (await store.find({}, { limit: 1 })).rows[0];
    expect(Number.isInteger(row?.createdAtMs)).toBe(true);
    expect(Math.abs((row?.createdAtMs ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  it("is not changed through what it was given or gave", async () => {
    const store = memoryStore();
    await store.open();
    const job = { ...newJob({ envelope: "0" }) };
    await store.enqueue([job]);
    Object.assign(job, { envelope: "changed" });
    const [held] = await claim(store);
    expect(held?.envelope).toBe("0");
    Object.assign(held ?? {}, { envelope: "changed" });
    const item = { key: "a", state: "done", tally: { pages: 1 } } as const;
    const step = { run: nextId<RunId>(), step: "load" };
    if (held) await store.save([{ id: held.id, token: held.token, write: 1, step, items: [item] }]);
    Object.assign(item.tally, { pages: 5 });
    const [row] = (await store.items(step, { limit: 1 })).rows;
    expect(row?.tally).toEqual({ pages: 1 });
    Object.assign(row?.tally ?? {}, { pages: 7 });
    expect((await store.items(step, { limit: 1 })).rows[0]?.tally).toEqual({ pages: 1 });
    expect((await store.find({}, { limit: 1 })).rows[0]?.envelope).toBe("0");
  });
});
