/** Rules of the audit's chains: places, hashes, listing, and what retention lets go. */
import {
  AuditCheck,
  CHAIN_START,
  type ChainPoint,
  type ControlNote,
  chainHash,
  type Store,
} from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { recordsOf } from "./audit.ts";
import { DAY_MS, newJob, newJobs } from "./builders.ts";
import { MULTI_PROCESS, type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

const NOTE: ControlNote = { actor: { kind: "user", id: "ann" } };

/** How records are chained and read; `audit.ts` holds the rules of what is written. */
export function auditChainRules(home: TestHome): void {
  describe("audit chains", () => {
    const rule = rulesOn(home);
    describe("places", () => placeRules(rule));
    describe("listing", () => listRules(rule));
    describe("retention", () => pruneRules(rule));
  });
}

/** Writes so many records to the chain of a tenant. */
async function write(scene: Scene, count: number, tenant = ""): Promise<void> {
  for (let made = 0; made < count; made += 1) {
    const job = await scene.add({ tenant });
    await scene.store.cancel([job.id], NOTE);
  }
}

async function soundRows(store: Store, tenant = "", known: readonly ChainPoint[] = []): Promise<number> {
  const [chain] = await store.auditChains({ tenant });
  if (chain === undefined) throw new Error(`there is no chain of "${tenant}"`);
  const check = new AuditCheck(chain, known);
  for (const row of await store.auditChain(tenant, { after: 0, limit: 10_000 })) check.add(row);
  expect(check.end()).toEqual([]);
  return check.rows;
}

function placeRules(rule: Rule): void {
  rule("a record has none until it is chained, and shows as pending", async (scene) => {
    await write(scene, 3);
    const nowhere = { n: 0, hash: CHAIN_START };
    expect(await scene.store.auditChains()).toEqual([
      { tenant: "", head: nowhere, pruned: nowhere, pending: 3 },
    ]);
    expect((await scene.store.findAudit({}, { limit: 10 })).rows.map(({ place }) => place)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(await scene.store.auditChain("", { after: 0, limit: 10 })).toEqual([]);
  });

  rule("chained in the order of writing, each to the one before, at most so many at once", async (scene) => {
    await write(scene, 5);
    const passes = [];
    for (let pass = 0; pass < 4; pass += 1) passes.push((await scene.store.chainAudit({ limit: 2 })).chained);
    expect(passes).toEqual([2, 2, 1, 0]);
    const rows = await scene.store.auditChain("", { after: 0, limit: 10 });
    let previous = CHAIN_START;
    for (const [index, { place, text }] of rows.entries()) {
      const hash = chainHash(previous, text);
      expect(place).toEqual({ n: index + 1, previous, hash });
      previous = hash;
    }
    expect(rows.map(({ text }) => text)).toEqual(
      (await scene.store.findAudit({}, { limit: 10 })).rows.map(({ text }) => text).reverse(),
    );
    expect(await scene.store.auditChains()).toMatchObject([{ head: { n: 5, hash: previous }, pending: 0 }]);
    expect(await soundRows(scene.store)).toBe(5);
  });

  rule("each tenant has a chain of its own", async (scene) => {
    for (let round = 0; round < 3; round += 1) {
      await write(scene, 1, "zenith");
      await write(scene, 2, "acme");
      await scene.store.chainAudit({ limit: 100 });
    }
    expect(await scene.store.auditChains()).toMatchObject([
      { tenant: "acme", head: { n: 6 } },
      { tenant: "zenith", head: { n: 3 } },
    ]);
    expect(await soundRows(scene.store, "acme")).toBe(6);
    expect(await soundRows(scene.store, "zenith")).toBe(3);
    expect(await scene.store.auditChains({ tenant: "acme" })).toHaveLength(1);
  });

  rule("a chain is read in pages", async (scene) => {
    await write(scene, 5);
    await scene.store.chainAudit({ limit: 100 });
    const places = async (after: number) =>
      (await scene.store.auditChain("", { after, limit: 2 })).map(({ place }) => place.n);
    expect([await places(0), await places(2), await places(4), await places(5)]).toEqual([
      [1, 2],
      [3, 4],
      [5],
      [],
    ]);
  });

  rule(
    "eight writers and two chainers at once leave no gap and no fork",
    async (scene) => {
      const jobs = Array.from({ length: 8 }, (_, index) =>
        newJobs(20, { tenant: index % 2 === 0 ? "" : "acme" }),
      );
      await scene.store.enqueue(jobs.flat());
      let isWriting = true;
      const chaining = [1, 2].map(async () => {
        while (isWriting) await scene.store.chainAudit({ limit: 7 });
      });
      await Promise.all(
        jobs.map(async (mine) => {
          for (const { id } of mine) await scene.store.cancel([id], NOTE);
        }),
      );
      isWriting = false;
      await Promise.all(chaining);
      while ((await scene.store.chainAudit({ limit: 100 })).chained > 0);
      expect(await soundRows(scene.store, "")).toBe(80);
      expect(await soundRows(scene.store, "acme")).toBe(80);
    },
    MULTI_PROCESS,
  );

  rule("who closes a store between an action and its chaining loses nothing", async (scene) => {
    await write(scene, 2);
    await scene.store.chainAudit({ limit: 100 });
    await write(scene, 2);
    await scene.reopen();
    expect(await scene.store.auditChains()).toMatchObject([{ head: { n: 2 }, pending: 2 }]);
    await scene.store.chainAudit({ limit: 100 });
    expect(await soundRows(scene.store)).toBe(4);
  });
}

function listRules(rule: Rule): void {
  rule("newest first, in pages, those without a place among them", async (scene) => {
    await write(scene, 3);
    await scene.store.chainAudit({ limit: 100 });
    await scene.advance(1);
    await write(scene, 2);
    const seen: (number | undefined)[] = [];
    let after: string | undefined;
    do {
      const page = await scene.store.findAudit({}, { limit: 2, after });
      seen.push(...page.rows.map(({ place }) => place?.n));
      after = page.next;
    } while (after !== undefined);
    expect(seen).toEqual([undefined, undefined, 3, 2, 1]);
  });

  rule("by tenant, type, resource and time, all of which must match", async (scene) => {
    const job = await scene.add({ tenant: "acme" });
    const startMs = (await scene.row(job.id)).createdAtMs;
    await scene.store.cancel([job.id], NOTE);
    await scene.advance(1_000);
    await scene.store.retry([job.id], NOTE);
    await scene.advance(1_000);
    await scene.store.configureQueue("mail", { paused: true }, NOTE);
    const types = async (filter: Parameters<Store["findAudit"]>[0]) =>
      (await scene.store.findAudit(filter, { limit: 10 })).rows.map(({ type }) => type);
    const [cancelled, retried, configured] = ["job.cancelled", "job.retried", "queue.configured"];
    expect(await types({})).toEqual([configured, retried, cancelled]);
    expect(await types({ tenant: "acme" })).toEqual([retried, cancelled]);
    expect(await types({ types: ["job.cancelled", "queue.configured"] })).toEqual([configured, cancelled]);
    expect(await types({ resourceType: "queue" })).toEqual([configured]);
    expect(await types({ resourceId: job.id, types: ["job.retried"] })).toEqual([retried]);
    expect(await types({ fromMs: startMs + 1_000 })).toEqual([configured, retried]);
    expect(await types({ untilMs: startMs + 1_000 })).toEqual([cancelled]);
    expect(await types({ fromMs: startMs + 1, untilMs: startMs + 2_000 })).toEqual([retried]);
    expect(await types({ tenant: "", resourceId: job.id })).toEqual([]);
  });

  rule("anything but a cursor is refused", async (scene) => {
    for (const after of ["", "1", "x:y", "-1:1"]) {
      const refused = scene.store.findAudit({}, { limit: 1, after });
      await expect(refused).rejects.toMatchObject({ code: "bad-usage" });
    }
  });
}

function pruneRules(rule: Rule): void {
  rule("what is old goes from the beginning, and a record says how far", async (scene) => {
    await write(scene, 3);
    await scene.store.chainAudit({ limit: 100 });
    const third = (await scene.store.auditChain("", { after: 2, limit: 1 }))[0]?.place;
    await scene.advance(DAY_MS);
    await write(scene, 2);
    await scene.store.chainAudit({ limit: 100 });
    const pruned = await scene.store.pruneAudit({ olderThanMs: DAY_MS, limit: 100 });
    expect(pruned).toEqual({ pruned: 3, more: false });
    await scene.store.chainAudit({ limit: 100 });
    expect(await scene.store.auditChains()).toMatchObject([
      { head: { n: 6 }, pruned: { n: 3, hash: third?.hash }, pending: 0 },
    ]);
    expect((await recordsOf(scene)).at(-1)).toMatchObject({
      type: "audit.pruned",
      action: "pruneAudit",
      actor: { kind: "system", id: "millrace" },
      details: { n: 3, hash: third?.hash },
    });
    expect(await soundRows(scene.store)).toBe(3);
  });

  rule("at most so many at once, over all chains", async (scene) => {
    await write(scene, 3, "acme");
    await write(scene, 4, "zenith");
    await scene.store.chainAudit({ limit: 100 });
    await scene.advance(1_000);
    const prune = () => scene.store.pruneAudit({ olderThanMs: 1_000, limit: 4 });
    expect(await prune()).toEqual({ pruned: 4, more: true });
    await scene.store.chainAudit({ limit: 100 });
    expect(await prune()).toEqual({ pruned: 3, more: false });
    await scene.store.chainAudit({ limit: 100 });
    expect(await scene.store.auditChains()).toMatchObject([
      { tenant: "acme", pruned: { n: 3 }, head: { n: 5 } },
      { tenant: "zenith", pruned: { n: 4 }, head: { n: 6 } },
    ]);
    expect([await soundRows(scene.store, "acme"), await soundRows(scene.store, "zenith")]).toEqual([2, 2]);
  });

  rule("what is pending stays, and so does the last of each chain", async (scene) => {
    await write(scene, 1);
    await scene.store.chainAudit({ limit: 100 });
    await write(scene, 2);
    await scene.advance(DAY_MS);
    expect(await scene.store.pruneAudit({ olderThanMs: 0, limit: 100 })).toEqual({ pruned: 0, more: false });
    expect(await recordsOf(scene)).toHaveLength(3);
  });

  rule("an old record behind a younger one waits for it", async (scene) => {
    const job = newJob();
    await scene.store.enqueue([job]);
    await scene.store.cancel([job.id], NOTE);
    await scene.store.chainAudit({ limit: 100 });
    expect(await scene.store.pruneAudit({ olderThanMs: 1, limit: 100 })).toEqual({ pruned: 0, more: false });
    expect(await soundRows(scene.store)).toBe(1);
  });
}
