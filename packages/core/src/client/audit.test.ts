import { hostname, userInfo } from "node:os";
import { expect, test } from "vitest";
import { memoryStore } from "../memory/memory-store.ts";
import { createMillrace } from "../millrace.ts";
import type { Actor } from "../model/actor.ts";
import { UnrecoverableError } from "../model/errors.ts";
import { scene } from "../testing/scene.fixture.ts";
import { testMillrace } from "../testing/test-millrace.ts";
import { defineJob } from "./define-job.ts";

const job = defineJob({ name: "j", queue: "mail", run: () => 1 });
const hopeless = defineJob({
  name: "hopeless",
  run: () => {
    throw new UnrecoverableError("no");
  },
});
const APP: Actor = { kind: "process", id: "billing" };
const ANN: Actor = { kind: "user", id: "ann", role: "operator" };

test("what people do is written down with who and why: the process where nobody says", async () => {
  await using mr = testMillrace({ jobs: [job] });
  const { id } = await mr.enqueue(job, undefined, { tenant: "acme", delay: "1h" });
  await mr.queues.pause("mail");
  await mr.jobs.cancel(id, { reason: "wrong model", actor: ANN });
  const { rows } = await mr.audit.list();
  expect(rows).toMatchObject([
    {
      n: null,
      hash: null,
      type: "job.cancelled",
      tenant: "acme",
      actor: { kind: "user", id: "ann" },
      role: "operator",
      reason: "wrong model",
      resourceId: id,
      at: "2026-01-01T00:00:00.000Z",
    },
    { type: "queue.configured", actor: { kind: "process", id: `${userInfo().username}@${hostname()}` } },
  ]);
});

test("the client's actor stands for it, in every verb that people have", async () => {
  await using mr = testMillrace({ jobs: [job], actor: APP });
  const first = await mr.enqueue(job);
  await mr.runAll();
  await mr.jobs.retry(first.id);
  await mr.runAll();
  await mr.jobs.delete(first.id);
  const second = await mr.enqueue(job);
  await mr.runAll();
  await mr.cleanUp({ olderThan: 0, reason: "full" });
  await mr.queues.setCapacity("mail", { total: 5 }, { reason: "too many" });
  const third = await mr.enqueue(job, undefined, { delay: "1h" });
  await third.cancel();
  const { rows } = await mr.audit.list();
  expect(rows.map(({ type, resourceId, reason }) => [type, resourceId, reason])).toEqual([
    ["job.cancelled", third.id, null],
    ["queue.configured", "mail", "too many"],
    ["job.cleaned-up", second.id, "full"],
    ["job.deleted", first.id, null],
    ["job.retried", first.id, null],
  ]);
  for (const { actor } of rows) expect(actor).toEqual(APP);
});

test("a worker chains what was written, and what dies is written down by itself", async () => {
  await using mr = testMillrace({ jobs: [hopeless] });
  await mr.enqueue(hopeless);
  await mr.runAll();
  await mr.advance("2s");
  const { rows } = await mr.audit.list();
  expect(rows).toMatchObject([{ n: 1, type: "job.dead", actor: { kind: "system", id: "millrace" } }]);
  expect(await mr.audit.heads()).toEqual([{ tenant: "", n: 1, hash: rows[0]?.hash }]);
});

test("lists by what was asked for, in pages", async () => {
  await using mr = testMillrace({ jobs: [job] });
  for (const queue of ["a", "b", "c"]) await mr.queues.pause(queue);
  await mr.advance("1m");
  await mr.queues.resume("b");
  const first = await mr.audit.list({ limit: 3 });
  expect(first.rows.map(({ resourceId }) => resourceId)).toEqual(["b", "c", "b"]);
  const rest = await mr.audit.list({ after: first.next });
  expect(rest.rows.map(({ resourceId }) => resourceId)).toEqual(["a"]);
  expect(rest.next).toBeUndefined();
  const from = new Date(mr.time.now());
  expect((await mr.audit.list({ from })).rows).toHaveLength(1);
  expect((await mr.audit.list({ until: from, resourceType: "queue", resourceId: "b" })).rows).toHaveLength(1);
  expect((await mr.audit.list({ types: ["job.dead"] })).rows).toEqual([]);
  expect((await mr.audit.list({ tenant: "acme" })).rows).toEqual([]);
});

test("verifies every chain, and beside heads that were kept", async () => {
  await using mr = testMillrace({ jobs: [job] });
  const jobs = await Promise.all(
    ["acme", "", "acme"].map((tenant) => mr.enqueue(job, undefined, { tenant, delay: "1h" })),
  );
  for (const { id } of jobs) await mr.jobs.cancel(id);
  const heads = await mr.audit.heads();
  await mr.queues.pause("mail");
  expect(await mr.audit.verify({ heads })).toEqual({
    isSound: true,
    chains: [
      { tenant: "", isSound: true, records: 2, pending: 0, prunedTo: 0, damages: [] },
      { tenant: "acme", isSound: true, records: 2, pending: 0, prunedTo: 0, damages: [] },
    ],
  });
  const hash = "0".repeat(63).concat("1");
  const verdict = await mr.audit.verify({
    heads: [{ tenant: "gone", n: 7, hash }, { hash }],
    tenant: "gone",
  });
  expect(verdict).toMatchObject({
    isSound: false,
    chains: [{ tenant: "gone", records: 0, damages: [{ kind: "truncated", from: 1, to: 7 }] }],
  });
  expect((await mr.audit.verify({ heads: [{ hash }] })).chains).toMatchObject([
    { tenant: "", damages: [{ kind: "truncated", from: 3 }] },
    { tenant: "acme", isSound: true },
  ]);
});

test("workers let go of what is older than its retention; the rest still verifies", async () => {
  await using mr = testMillrace({ jobs: [job], retention: { audit: "10m" } });
  for (const queue of ["a", "b", "c"]) await mr.queues.pause(queue);
  const heads = await mr.audit.heads();
  await mr.advance("9m");
  await mr.queues.pause("d");
  await mr.advance("3m");
  const { rows } = await mr.audit.list();
  expect(rows.map(({ n, type }) => [n, type])).toEqual([
    [5, "audit.pruned"],
    [4, "queue.configured"],
  ]);
  expect(await mr.audit.verify({ heads })).toMatchObject({
    isSound: true,
    chains: [{ records: 2, prunedTo: 3 }],
  });
});

test("nothing is let go of where nobody said so", async () => {
  const { mr, time, watch } = scene([job]);
  mr.worker();
  await time.advance(120_000);
  expect(watch.calls.cleanUp.length).toBeGreaterThan(0);
  expect(watch.calls.pruneAudit).toEqual([]);
  await mr.close();
});

test("refuses what it does not understand", async () => {
  await using mr = testMillrace({ jobs: [job] });
  const bad = { code: "bad-config" };
  await expect(mr.audit.list({ limit: 0 })).rejects.toMatchObject(bad);
  await expect(mr.audit.list({ limit: 201 })).rejects.toMatchObject(bad);
  await expect(mr.audit.list({ types: ["no" as never] })).rejects.toMatchObject(bad);
  await expect(mr.audit.list({ from: new Date("no") })).rejects.toMatchObject(bad);
  await expect(mr.audit.list({ who: 1 } as never)).rejects.toMatchObject(bad);
  await expect(mr.audit.list({ after: "no" })).rejects.toMatchObject({ code: "bad-usage" });
  await expect(mr.audit.verify({ heads: [{ n: -1, hash: "0".repeat(64) }] })).rejects.toMatchObject(bad);
  await expect(mr.audit.verify({ heads: [{ n: 1, hash: "x" }] })).rejects.toMatchObject(bad);
  await expect(mr.jobs.cancel([], { who: "x" } as never)).rejects.toMatchObject(bad);
  await expect(mr.queues.pause("q", { actor: { kind: "user", id: "" } })).rejects.toMatchObject(bad);
  await expect(mr.queues.pause("q", { who: "x" } as never)).rejects.toMatchObject(bad);
  expect((await mr.audit.list()).rows).toEqual([]);
  const store = memoryStore();
  expect(() => createMillrace({ store, actor: { kind: "boss", id: "x" } as never })).toThrow("kind");
  expect(() => createMillrace({ store, actor: { kind: "user", id: "x".repeat(201) } })).toThrow(
    "createMillrace.actor.id",
  );
  expect(() => createMillrace({ store, retention: { audit: "soon" as never } })).toThrow("retention.audit");
});

test("an operation leaves a record of each page, by who started it", async () => {
  await using mr = testMillrace({ jobs: [hopeless], actor: ANN });
  await mr.enqueueMany(hopeless, [1, 2, 3]);
  await mr.runAll();
  await mr.operations.start({ action: "delete", filter: { states: ["dead"] }, reason: "no use" });
  await mr.advance("10s");
  const { rows } = await mr.audit.list({ types: ["job.deleted"] });
  expect(rows).toMatchObject([
    { actor: { kind: "user", id: "ann" }, reason: "no use", details: { count: 3 } },
  ]);
});
