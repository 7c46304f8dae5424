/** Rules of limits: held for the whole fleet until a moment, never made shorter by chance. */
import type { LimitHold, NewLimitHold } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { recordsOf } from "./audit.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

const KEY = "model:ada";
const ANN = { actor: { kind: "user", id: "ann", role: "operator" }, reason: "they asked us to" } as const;

/** Holding, letting go, listing, and what people leave in the audit. */
export function holdRules(home: TestHome): void {
  describe("hold", () => {
    const rule = rulesOn(home);
    describe("in force", () => forceRules(rule));
    describe("several at once", () => togetherRules(rule));
    describe("lists", () => listRules(rule));
    describe("what is refused", () => refusalRules(rule));
    describe("in the audit", () => actRules(rule));
  });
}

async function hold({ store }: Scene, given: Partial<NewLimitHold> = {}): Promise<LimitHold | undefined> {
  return (await store.hold([{ key: KEY, forMs: 10_000, ...given }]))[0];
}

async function held({ store }: Scene): Promise<readonly LimitHold[]> {
  return (await store.holds({}, { limit: 1_000 })).rows;
}

/** What is left of the one hold, in ms; 0 where nothing is held. */
async function left(scene: Scene): Promise<number> {
  return (await held(scene))[0]?.leftMs ?? 0;
}

function forceRules(rule: Rule): void {
  rule(
    "a hold says until when, what is left of it, why and by whom, and is over by itself",
    async (scene) => {
      expect(await held(scene)).toEqual([]);
      const answer = await hold(scene, { reason: "429 from the endpoint", by: "worker-1" });
      const fresh = { key: KEY, leftMs: 10_000, reason: "429 from the endpoint", by: "worker-1" };
      expect(answer).toMatchObject(fresh);
      await scene.advance(9_999);
      expect(await held(scene)).toMatchObject([{ ...fresh, untilMs: answer?.untilMs, leftMs: 1 }]);
      await scene.advance(1);
      expect(await held(scene)).toEqual([]);
    },
  );

  rule(
    "a later hold never shortens one, and one that ends later takes its place and reason",
    async (scene) => {
      await hold(scene, { reason: "first" });
      await scene.advance(4_000);
      for (const forMs of [1, 6_000]) {
        expect(await hold(scene, { forMs, reason: "second" })).toMatchObject({
          leftMs: 6_000,
          reason: "first",
        });
      }
      expect(await hold(scene, { forMs: 6_001 })).toMatchObject({ leftMs: 6_001 });
      expect((await held(scene))[0]?.reason).toBeUndefined();
    },
  );

  rule("one that may shorten ends when it says; 0 lets go, also of what nobody holds", async (scene) => {
    await hold(scene);
    expect(await hold(scene, { forMs: 5, shorten: true })).toMatchObject({ leftMs: 5 });
    expect(await hold(scene, { forMs: 0 })).toBeUndefined();
    expect(await hold(scene, { forMs: 0 })).toBeUndefined();
    expect(await held(scene)).toEqual([]);
    expect(await hold(scene, { forMs: 3 })).toMatchObject({ leftMs: 3 });
  });

  rule("what is over stands in the way of no shorter one, swept or not", async (scene) => {
    await hold(scene, { reason: "old", by: "worker-1" });
    await scene.advance(10_000);
    expect(await hold(scene, { forMs: 5 })).toMatchObject({ leftMs: 5 });
    expect((await held(scene))[0]).not.toMatchObject({ reason: "old" });
    await scene.store.expire({ limit: 10 });
    expect(await left(scene)).toBe(5);
    await scene.advance(5);
    await scene.store.expire({ limit: 10 });
    expect(await hold(scene, { forMs: 2 })).toMatchObject({ leftMs: 2 });
  });

  rule("it outlives the process that set it", async (scene) => {
    await hold(scene);
    await scene.reopen();
    expect(await left(scene)).toBe(10_000);
  });
}

function togetherRules(rule: Rule): void {
  rule("a key met twice in a call is held as by one call after the other", async ({ store }) => {
    const sequences: readonly (readonly [readonly Omit<NewLimitHold, "key">[], number | undefined])[] = [
      [[{ forMs: 5 }, { forMs: 9 }], 9],
      [[{ forMs: 9 }, { forMs: 5 }], 9],
      [[{ forMs: 9 }, { forMs: 5, shorten: true }], 5],
      [[{ forMs: 9 }, { forMs: 0 }], undefined],
      [[{ forMs: 0 }, { forMs: 5 }, { forMs: 3 }], 5],
      [[{ forMs: 2, shorten: true }, { forMs: 7 }], 7],
    ];
    for (const [given, leftMs] of sequences) {
      await store.hold([
        { key: KEY, forMs: 60_000 },
        { key: "other", forMs: 60_000 },
      ]);
      if (leftMs !== undefined && !given.some(({ forMs, shorten }) => forMs === 0 || shorten)) {
        await store.hold([{ key: KEY, forMs: 0 }]);
      }
      const answers = await store.hold([
        ...given.map((one) => ({ ...one, key: KEY })),
        { key: "b", forMs: 1 },
      ]);
      expect(answers.map((answer) => answer?.leftMs)).toEqual([...given.map(() => leftMs), 1]);
    }
  });

  rule("many may hold the same limits at the same time, and the longest stays", async (scene) => {
    const keys = Array.from({ length: 20 }, (_, index) => `limit-${index}`);
    const calls = Array.from({ length: 20 }, (_, index) =>
      keys.map((key) => ({ key, forMs: 1_000 + index })),
    );
    await Promise.all(
      calls.map((call, index) => scene.store.hold(index % 2 === 0 ? call : call.toReversed())),
    );
    expect((await held(scene)).map(({ leftMs }) => leftMs)).toEqual(keys.map(() => 1_019));
  });

  rule("a call without holds does nothing", async (scene) => {
    expect(await scene.store.hold([])).toEqual([]);
    expect(await scene.store.hold([], ANN)).toEqual([]);
  });
}

function listRules(rule: Rule): void {
  rule(
    "they are listed by the bytes of their keys, in pages, and only those asked for",
    async ({ store }) => {
      const keys = ["😀", "～", "é", "b", "B", "a b"];
      await store.hold(keys.map((key, index) => ({ key, forMs: 100 + index })));
      const inOrder = ["B", "a b", "b", "é", "～", "😀"];
      const found: string[] = [];
      let after: string | undefined;
      do {
        const page = await store.holds({}, { limit: 4, after });
        found.push(...page.rows.map(({ key }) => key));
        after = page.next;
      } while (after !== undefined);
      expect(found).toEqual(inOrder);
      const some = await store.holds({ keys: ["é", "nobody's", "B"] }, { limit: 10 });
      expect(some.rows.map(({ key }) => key)).toEqual(["B", "é"]);
      expect((await store.holds({ keys: [] }, { limit: 10 })).rows).toEqual([]);
    },
  );
}

function refusalRules(rule: Rule): void {
  rule("what no store keeps is refused, and nothing of its call is applied", async (scene) => {
    const bad: readonly Partial<NewLimitHold>[] = [
      { key: "" },
      { key: "k".repeat(201) },
      { key: "a\0b" },
      { reason: "\ud800" },
      { reason: "r".repeat(501) },
      { by: "b".repeat(201) },
      { forMs: -1 },
      { forMs: 0.5 },
      { forMs: Number.POSITIVE_INFINITY },
      { forMs: 400 * 24 * 3_600_000 },
    ];
    for (const given of bad) {
      const call = scene.store.hold([
        { key: "good", forMs: 1_000 },
        { key: KEY, forMs: 1_000, ...given },
      ]);
      await expect(call, JSON.stringify(given).slice(0, 40)).rejects.toMatchObject({ code: "bad-input" });
    }
    expect(await held(scene)).toEqual([]);
  });
}

function actRules(rule: Rule): void {
  rule(
    "what people hold and let go leaves a record each; what changes nothing, or is no person's, none",
    async (scene) => {
      const { store } = scene;
      await store.hold([{ key: KEY, forMs: 10_000, reason: "429", by: "worker-1" }]);
      const [before] = await held(scene);
      await store.hold(
        [
          { key: KEY, forMs: 20_000, reason: "quota", by: "ann" },
          { key: "z", forMs: 0 },
        ],
        ANN,
      );
      await store.hold([{ key: KEY, forMs: 10_000 }], ANN);
      await store.hold([{ key: KEY, forMs: 0 }], ANN);
      const was = { untilMs: before?.untilMs, reason: "429", by: "worker-1" };
      const is = { untilMs: (before?.untilMs ?? 0) + 10_000, reason: "quota", by: "ann" };
      const of = { action: "hold", tenant: "", resourceType: "limit", resourceId: KEY, reason: ANN.reason };
      expect(await recordsOf(scene)).toMatchObject([
        { ...of, type: "limit.held", before: was, after: is },
        { ...of, type: "limit.released", before: is, after: null },
      ]);
    },
  );
}
