/** Rules of operations: bulk actions by filter that are taken further page by page. */
import { type JobId, newId, type OperationId } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { dead, LEASE_MS } from "./builders.ts";
import { die } from "./dead.ts";
import { apply, DEAD, newOperation, operation, start, take, taken, work } from "./operation-pages.ts";
import { type Rule, rulesOn } from "./rule.ts";

/** Of which jobs they are, and how fast they go. */
export function operationRules(home: TestHome): void {
  describe("operations", () => {
    const rule = rulesOn(home);
    describe("which jobs", () => memberRules(rule));
    describe("pages", () => pageRules(rule));
    describe("one by name", () => onlyRules(rule));
    describe("listing and counting", () => listingRules(rule));
  });
}

const ids = (jobs: readonly { readonly id: JobId }[]) => jobs.map(({ id }) => id);

function memberRules(rule: Rule): void {
  rule("each job has its turn once: one that dies again is left alone", async (scene) => {
    const held = await die(scene, 5);
    await scene.advance(1);
    const id = await start(scene);
    const turn = await taken(scene, 2);
    expect(turn.members).toEqual(
      held.slice(0, 2).map((job) => ({ id: job.id, generation: 1, name: "task" })),
    );
    await apply(scene, turn);
    await scene.settleAll(await scene.claim(), dead());
    expect(await work(scene, 2)).toEqual([2, 1]);
    expect(await operation(scene, id)).toMatchObject({ state: "completed", done: 5, skipped: 0, failed: 0 });
    expect(await scene.ids({ states: ["dead"] })).toHaveLength(2);
    expect(await scene.queueCounts()).toMatchObject({ queued: 3 });
  });

  rule("what dies after an operation began is none of its", async (scene) => {
    await die(scene, 1);
    await start(scene);
    await scene.advance(1);
    const [later] = await die(scene, 1);
    expect(await work(scene)).toEqual([1]);
    expect(await scene.ids({ states: ["dead"] })).toEqual([later?.id]);
  });

  rule("every field of the filter must match", async (scene) => {
    const [mail] = await die(scene, 1, { queue: "mail", tenant: "acme", fingerprint: "a" });
    await die(scene, 1, { queue: "mail", fingerprint: "b" });
    const [named] = await die(scene, 1, { queue: "mail", name: "other", fingerprint: "b" });
    const members = async (filter: object) => {
      const { rows } = await scene.store.operations({ states: ["running"] }, { limit: 10 });
      for (const row of rows) await scene.store.abortOperation(row.id);
      await start(scene, { filter: { ...DEAD, ...filter } });
      return ids((await taken(scene)).members);
    };
    expect(await members({ tenant: "acme" })).toEqual([mail?.id]);
    expect(await members({ fingerprint: "b", name: "other" })).toEqual([named?.id]);
    expect(await members({ queue: "work" })).toEqual([]);
    expect(await members({ ids: [named?.id, mail?.id] })).toEqual([mail?.id, named?.id]);
    expect(await members({ states: ["completed"] })).toEqual([]);
  });

  rule("a job that somebody ran again meanwhile is skipped, also once it has died anew", async (scene) => {
    const held = await die(scene, 3);
    const id = await start(scene);
    const turn = await taken(scene);
    await scene.store.retry(ids(held.slice(0, 2)));
    await scene.settle(await scene.claimOne(), dead());
    expect(await apply(scene, turn)).toBe("applied");
    expect(await operation(scene, id)).toMatchObject({ state: "completed", done: 1, skipped: 2 });
    expect(await Promise.all(held.map(async (job) => (await scene.row(job.id)).generation))).toEqual([
      2, 2, 2,
    ]);
  });
}

function pageRules(rule: Rule): void {
  rule("an operation is started once, however often it is sent", async (scene) => {
    const sent = newOperation({ note: { reason: "fixed", by: "ann" }, total: 7, perSecond: 3 });
    expect(await scene.store.startOperation(sent)).toBe("started");
    expect(await scene.store.startOperation({ ...sent, action: "delete" })).toBe("exists");
    expect(await operation(scene, sent.id)).toMatchObject({ ...sent, state: "running", turn: 0, done: 0 });
  });

  rule("nobody else is given an operation while its page is out", async (scene) => {
    await die(scene, 2);
    await start(scene);
    const turns = await Promise.all([take(scene, 1), take(scene, 1), take(scene, 1)]);
    expect(turns.filter((turn) => turn !== undefined)).toHaveLength(1);
    expect(await take(scene)).toBeUndefined();
  });

  rule("a page of a process that vanished is given out anew, and its own comes too late", async (scene) => {
    const held = await die(scene, 2);
    const id = await start(scene);
    const lost = await taken(scene, 1);
    await scene.advance(LEASE_MS - 1);
    expect(await take(scene)).toBeUndefined();
    await scene.advance(1);
    const again = await taken(scene, 1);
    expect(again.members).toEqual(lost.members);
    expect(again.operation.turn).toBe(2);
    expect(await apply(scene, lost)).toBe("fenced");
    expect(await scene.ids({ states: ["dead"] })).toHaveLength(2);
    expect(await apply(scene, again)).toBe("applied");
    expect(await scene.ids({ states: ["dead"] })).toEqual([held[1]?.id]);
    expect(await work(scene)).toEqual([1]);
    expect(await operation(scene, id)).toMatchObject({ state: "completed", done: 2 });
  });

  rule("pages keep to the rate, on the store's clock", async (scene) => {
    await die(scene, 5);
    const id = await start(scene, { perSecond: 2 });
    expect(await work(scene)).toEqual([2]);
    await scene.advance(999);
    expect(await work(scene)).toEqual([]);
    await scene.advance(1);
    expect(await work(scene)).toEqual([2]);
    await scene.advance(1_000);
    expect(await work(scene)).toEqual([1]);
    expect(await operation(scene, id)).toMatchObject({ state: "completed", done: 5 });
  });

  rule("less than one a second is one at a time", async (scene) => {
    await die(scene, 2);
    await start(scene, { perSecond: 0.25 });
    expect(await work(scene)).toEqual([1]);
    await scene.advance(3_999);
    expect(await work(scene)).toEqual([]);
    await scene.advance(1);
    expect(await work(scene)).toEqual([1]);
  });

  rule("an aborted operation changes nothing any more, and what is done stays", async (scene) => {
    await die(scene, 3);
    const id = await start(scene);
    await apply(scene, await taken(scene, 1));
    const out = await taken(scene, 1);
    expect(await scene.store.abortOperation(id, { reason: "wrong queue", by: "ann" })).toBe("aborted");
    expect(await apply(scene, out)).toBe("fenced");
    await scene.advance(LEASE_MS);
    expect(await take(scene)).toBeUndefined();
    expect(await scene.store.abortOperation(id)).toBe("already-finished");
    expect(await scene.store.abortOperation(newId<OperationId>())).toBe("not-found");
    const row = await operation(scene, id);
    expect(row).toMatchObject({ state: "aborted", done: 1, error: "aborted by ann: wrong queue" });
    expect(row.finishedAtMs).toBeDefined();
    expect(await scene.ids({ states: ["dead"] })).toHaveLength(2);
  });

  rule("an operation outlives the store's closing between its pages", async (scene) => {
    await die(scene, 3);
    const id = await start(scene);
    await apply(scene, await taken(scene, 2));
    await scene.reopen();
    expect(await work(scene)).toEqual([1]);
    expect(await operation(scene, id)).toMatchObject({ state: "completed", done: 3, skipped: 0 });
  });

  rule("operations come in the order in which they are due", async (scene) => {
    await die(scene, 2);
    const first = await start(scene);
    await scene.advance(1);
    const second = await start(scene);
    expect((await taken(scene)).operation.id).toBe(first);
    expect((await taken(scene)).operation.id).toBe(second);
  });
}

function onlyRules(rule: Rule): void {
  rule("who asks for one operation is given no other", async (scene) => {
    await die(scene, 1);
    const first = await start(scene);
    await scene.advance(1);
    const second = await start(scene);
    const only = async (id: OperationId) =>
      scene.store.takeOperation({ leaseMs: LEASE_MS, limit: 1, only: id });
    expect((await only(second))?.operation.id).toBe(second);
    expect(await only(second)).toBeUndefined();
    expect((await only(first))?.operation.id).toBe(first);
  });
}

function listingRules(rule: Rule): void {
  rule("operations are listed newest first, by id and state, page by page", async (scene) => {
    const all = [await start(scene), await start(scene), await start(scene)];
    await scene.store.abortOperation(all[1] ?? newId<OperationId>());
    const first = await scene.store.operations({}, { limit: 2 });
    const rest = await scene.store.operations({}, { limit: 2, after: first.next });
    expect([...first.rows, ...rest.rows].map(({ id }) => id)).toEqual(all.toReversed());
    const aborted = await scene.store.operations({ states: ["aborted"] }, { limit: 5 });
    expect(aborted.rows.map(({ id }) => id)).toEqual([all[1]]);
  });

  rule("a count is exact, bounded, and changes nothing", async (scene) => {
    await die(scene, 5, { queue: "mail" });
    await die(scene, 2);
    const filter = { states: ["dead"], queue: "mail" } as const;
    let total = 0;
    let after: string | undefined;
    do {
      const page = await scene.store.countMatching(filter, { limit: 2, after });
      expect(page.count).toBeLessThanOrEqual(2);
      total += page.count;
      after = page.next;
    } while (after !== undefined);
    expect(total).toBe(5);
    expect(await scene.ids({ states: ["dead"] })).toHaveLength(7);
    expect(await scene.store.countMatching({ states: ["ready"] }, { limit: 9 })).toEqual({ count: 0 });
    await expect(scene.store.countMatching(filter, { limit: 9, after: "x" })).rejects.toMatchObject({
      code: "bad-input",
    });
    await expect(
      scene.store.countMatching({ states: ["ready", "dead"] }, { limit: 9 }),
    ).rejects.toMatchObject({
      code: "bad-usage",
    });
  });
}
