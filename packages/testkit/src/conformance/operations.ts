/** Rules of operations: bulk actions by filter that are taken further page by page. */
import {
  type JobId,
  type NewOperation,
  newId,
  type OperationId,
  type OperationRow,
  type OperationTurn,
} from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, dead, LEASE_MS, newJobs, retry } from "./builders.ts";
import { die } from "./dead.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

/** What operations do, to which jobs, and how fast. */
export function operationRules(home: TestHome): void {
  describe("operations", () => {
    const rule = rulesOn(home);
    describe("which jobs", () => memberRules(rule));
    describe("pages", () => pageRules(rule));
    describe("one by name", () => onlyRules(rule));
    describe("actions", () => actionRules(rule));
    describe("canaries", () => canaryRules(rule));
    describe("listing and counting", () => listingRules(rule));
  });
}

const DEAD: NewOperation["filter"] = { states: ["dead"] };

/** An operation that replays all dead letters, but for what is given. */
function newOperation(given: Partial<NewOperation> = {}): NewOperation {
  return { id: newId<OperationId>(), action: "retry", filter: DEAD, note: {}, ...given };
}

async function start(scene: Scene, given: Partial<NewOperation> = {}): Promise<OperationId> {
  const operation = newOperation(given);
  await scene.store.startOperation(operation);
  return operation.id;
}

function take(scene: Scene, limit = 100): Promise<OperationTurn | undefined> {
  return scene.store.takeOperation({ leaseMs: LEASE_MS, limit });
}

async function taken(scene: Scene, limit?: number): Promise<OperationTurn> {
  const turn = await take(scene, limit);
  if (turn === undefined) throw new Error("no operation is due");
  return turn;
}

function apply(scene: Scene, { operation, ...page }: OperationTurn): Promise<"applied" | "fenced"> {
  return scene.store.advanceOperation({ ...page, id: operation.id, turn: operation.turn });
}

/** Takes pages until nothing is due; gives the sizes of those that had members. */
async function work(scene: Scene, limit = 100): Promise<readonly number[]> {
  const sizes: number[] = [];
  for (let turn = await take(scene, limit); turn !== undefined; turn = await take(scene, limit)) {
    expect(await apply(scene, turn)).toBe("applied");
    if (turn.members.length > 0) sizes.push(turn.members.length);
  }
  return sizes;
}

async function operation(scene: Scene, id: OperationId): Promise<OperationRow> {
  const { rows } = await scene.store.operations({ ids: [id] }, { limit: 1 });
  if (rows[0] === undefined) throw new Error(`operation ${id} is not listed`);
  return rows[0];
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

function actionRules(rule: Rule): void {
  rule(
    "retry runs jobs again with the note, and with other envelopes where it is given them",
    async (scene) => {
      const held = await die(scene, 2, { envelope: "0old" });
      const id = await start(scene, { patch: '{"a":1}', note: { reason: "fixed", by: "ann" } });
      const turn = await taken(scene);
      expect(turn.members.map(({ envelope }) => envelope)).toEqual(["0old", "0old"]);
      const members = turn.members.map((member, index) => ({
        ...member,
        envelope: index === 0 ? '0{"new":"\\u0000é😀"}' : undefined,
      }));
      expect(await apply(scene, { ...turn, members })).toBe("applied");
      const [first, second] = await Promise.all(held.map((job) => scene.row(job.id)));
      expect(first).toMatchObject({ state: "ready", generation: 2, envelope: '0{"new":"\\u0000é😀"}' });
      expect(first?.records).toContain('{"kind":"replayed","reason":"fixed","by":"ann"}');
      expect(second).toMatchObject({ state: "ready", generation: 2, envelope: "0old" });
      expect(await operation(scene, id)).toMatchObject({ done: 2 });
    },
  );

  rule("pages with a patch are small, for envelopes may be large", async (scene) => {
    await die(scene, 60);
    await start(scene, { patch: "{}" });
    expect(await work(scene)).toEqual([50, 10]);
  });

  rule("a job that cannot be treated stays as it is, is counted, and said why", async (scene) => {
    const held = await die(scene, 25);
    const id = await start(scene);
    const turn = await taken(scene);
    const members = turn.members.map((member, index) =>
      index === 3 ? member : { ...member, problem: `input of ${member.id}` },
    );
    await apply(scene, { ...turn, members });
    const row = await operation(scene, id);
    expect(row).toMatchObject({ state: "completed", done: 1, skipped: 0, failed: 24 });
    expect(row.problems).toHaveLength(20);
    expect(row.problems[0]).toEqual({ job: held[0]?.id, message: `input of ${held[0]?.id}` });
    expect(await scene.ids({ states: ["dead"] })).toHaveLength(24);
  });

  rule("delete forgets jobs, of the states asked for only", async (scene) => {
    const held = await die(scene, 2);
    const done = await scene.hold();
    await scene.settle(done, COMPLETED);
    await start(scene, { action: "delete" });
    await work(scene);
    expect(await scene.ids({})).toEqual([done.id]);
    await start(scene, { action: "delete", filter: { states: ["completed", "dead"] } });
    await work(scene);
    expect(await scene.ids({})).toEqual([]);
    expect(await scene.store.retry(ids(held))).toEqual(["not-found", "not-found"]);
  });

  rule("cancel ends jobs in line, and flags those that run", async (scene) => {
    const running = await scene.hold();
    const line = newJobs(2, { queue: "line" });
    await scene.store.enqueue(line);
    const later = await scene.add({ queue: "line", delayMs: 60_000 });
    const states = ["ready", "running"] as const;
    const id = await start(scene, { action: "cancel", filter: { states }, note: { reason: "wrong" } });
    await scene.advance(1);
    const after = await scene.add({ queue: "line" });
    expect(await work(scene)).toEqual([3]);
    expect(await operation(scene, id)).toMatchObject({ state: "completed", done: 3 });
    expect(await scene.ids({ states: ["cancelled"] })).toEqual(ids(line).reverse());
    expect(await scene.settle(running, COMPLETED)).toBe("applied-as-cancelled");
    expect((await scene.row(later.id)).state).toBe("scheduled");
    expect((await scene.row(after.id)).state).toBe("ready");
  });

  rule("reprioritise moves jobs in line to its class, and skips those that are of it", async (scene) => {
    const running = await scene.hold();
    const line = newJobs(3, { queue: "line" });
    await scene.store.enqueue([...line, ...newJobs(1, { queue: "line", priority: "high" })]);
    const filter = { states: ["ready", "scheduled", "retrying"] } as const;
    const id = await start(scene, { action: "reprioritise", filter, priority: "high" });
    const turn = await taken(scene);
    expect(turn.operation.priority).toBe("high");
    await scene.claim({ queue: "line", max: 1, priorities: ["default"] });
    expect(await apply(scene, turn)).toBe("applied");
    expect(await operation(scene, id)).toMatchObject({
      ...{ state: "completed", priority: "high" },
      ...{ done: 2, skipped: 2, failed: 0 },
    });
    expect(await scene.queueCounts("line", "high")).toEqual({ queued: 3 });
    expect(await scene.queueCounts("line")).toEqual({ running: 1 });
    expect((await scene.row(running.id)).priority).toBe("default");
  });

  rule("what an action does not take is refused, and nothing is started", async (scene) => {
    const bad: readonly Partial<NewOperation>[] = [
      { filter: { states: [] } },
      { filter: { states: ["ready"] } },
      { filter: { states: ["lost" as "dead"] } },
      { action: "cancel", filter: { states: ["lost" as "ready"] } },
      { action: "cancel", filter: DEAD },
      { action: "delete", canary: { jobs: 1, minCompleted: 100 } },
      { action: "cancel", filter: { states: ["ready"] }, patch: "{}" },
      { priority: "high" },
      { action: "reprioritise", filter: { states: ["ready"] } },
      { action: "reprioritise", filter: { states: ["ready", "running"] }, priority: "high" },
      { action: "reprioritise", filter: { states: ["ready"] }, priority: "urgent" as "high" },
      { canary: { jobs: 0, minCompleted: 100 } },
      { canary: { jobs: 1, minCompleted: 101 } },
      { perSecond: 0 },
      { perSecond: Number.NaN },
    ];
    for (const given of bad) {
      await expect(scene.store.startOperation(newOperation(given))).rejects.toMatchObject({
        code: "bad-usage",
      });
    }
    const badText: readonly object[] = [{ queue: "\0" }, { ids: ["x"] }, { run: "x" }];
    for (const filter of badText) {
      const operation = newOperation({ filter: { ...DEAD, ...filter } });
      await expect(scene.store.startOperation(operation)).rejects.toMatchObject({ code: "bad-input" });
    }
    expect((await scene.store.operations({}, { limit: 10 })).rows).toEqual([]);
  });
}

function canaryRules(rule: Rule): void {
  const canary = { jobs: 2, minCompleted: 50 };

  rule(
    "the rest waits until the first jobs have ended, and goes on where enough completed",
    async (scene) => {
      const held = await die(scene, 5);
      const id = await start(scene, { canary });
      expect(await work(scene)).toEqual([2]);
      expect(await operation(scene, id)).toMatchObject({
        state: "canary",
        canaryJobs: ids(held.slice(0, 2)),
      });
      const [first, second] = await scene.claim();
      if (first === undefined || second === undefined) throw new Error("two were to be claimed");
      await scene.settle(first, COMPLETED);
      await scene.settle(second, retry(0));
      await scene.advance(1_000);
      expect(await work(scene)).toEqual([]);
      await scene.settle(await scene.claimOne(), dead());
      await scene.advance(999);
      expect(await work(scene)).toEqual([]);
      await scene.advance(1);
      expect(await work(scene)).toEqual([3]);
      expect(await operation(scene, id)).toMatchObject({ state: "completed", done: 5, isCanaryPassed: true });
    },
  );

  rule("where too few completed the operation fails, and the rest stays", async (scene) => {
    await die(scene, 5);
    const id = await start(scene, { canary });
    await work(scene);
    await scene.settleAll(await scene.claim(), dead());
    await scene.advance(1_000);
    expect(await work(scene)).toEqual([]);
    const row = await operation(scene, id);
    expect(row).toMatchObject({ state: "failed", done: 2, isCanaryPassed: false });
    expect(row.error).toBe("of the canary's 2 jobs 0 completed; 1 had to");
    expect(await scene.ids({ states: ["dead"] })).toHaveLength(5);
  });

  rule("fewer jobs than the canary asks for decide as well", async (scene) => {
    await die(scene, 1);
    const id = await start(scene, { canary });
    await work(scene);
    expect(await operation(scene, id)).toMatchObject({ state: "canary" });
    await scene.settleAll(await scene.claim(), COMPLETED);
    await scene.advance(1_000);
    await work(scene);
    expect(await operation(scene, id)).toMatchObject({ state: "completed", done: 1 });
  });

  rule("none at all end it", async (scene) => {
    const id = await start(scene, { canary });
    await work(scene);
    expect(await operation(scene, id)).toMatchObject({ state: "completed", done: 0 });
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
