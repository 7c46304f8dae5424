/** Rules of values: what a program hands in comes out the same, or is refused by name at the door. */
import { createMillrace, defineJob, JSON_LIMITS, type Json, type Millrace } from "@millrace/core";
import { describe, expect } from "vitest";
import { type TestHome, withoutSignals } from "../test-store.ts";
import { NAUGHTY_TEXTS } from "./naughty-texts.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

const RESULT = { timeout: "60s" } as const;

/** Gives back what it got, and leaves it in its checkpoint too. */
const echo = defineJob({
  name: "echo",
  run: async (input: Json, ctx) => {
    await ctx.save({ checkpoint: JSON.stringify(input) });
    return input;
  },
});

/** What values mean, through the public client. */
export function valueRules(home: TestHome): void {
  describe("values", () => {
    const rule = rulesOn(home);
    describe("kept exactly", () => keptRules(rule));
    describe("refused", () => refusedRules(rule));
  });
}

function keptRules(rule: Rule): void {
  for (const [kind, texts] of Object.entries(NAUGHTY_TEXTS)) {
    rule(`texts: ${kind}`, (scene) =>
      expectKept(
        scene,
        texts.flatMap((text) => [text, { [text]: [text] }]),
      ),
    );
  }

  rule("numbers, to the last bit", (scene) =>
    expectKept(scene, [
      0,
      1.7976931348623157e308,
      1e308,
      5e-324,
      2 ** 53,
      2 ** 53 + 2,
      -(2 ** 63),
      0.1 + 0.2,
      1e21,
      1e-7,
    ]),
  );

  rule("keys that JavaScript's own objects have, empty ones, and numbers in their order", (scene) =>
    expectKept(scene, [
      JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":null},"toString":1}'),
      { "": { "": "" }, " ": 1 },
      { b: 1, a: 2, 10: 3, 9: 4 },
      JSON.parse('[{"__proto__":[]},{"hasOwnProperty":false,"valueOf":null}]'),
    ]),
  );

  rule("10,000 keys, 50,000 members, and as many levels as are allowed", (scene) =>
    expectKept(scene, [
      Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`key ${index} \u{1f9ff}`, index])),
      Array.from({ length: 50_000 }, (_, index) => index % 3),
      nested(JSON_LIMITS.maxDepth),
    ]),
  );

  rule("a text of just the allowed size", (scene) =>
    expectKept(scene, ["x".repeat(JSON_LIMITS.maxBytes - 2), "\u0000".repeat(174_762)]),
  );

  rule("everything at once in tags and names that may be anything printable", async (scene) => {
    await withClient(scene, async (mr) => {
      const tags = [
        "it's",
        '"quoted"',
        "back\\slash",
        "{a,b}",
        "$1",
        "שלום",
        "👩‍👩‍👧‍👦",
        "é",
        "\u2028",
        "null",
        "__proto__",
      ];
      const texts = { tenant: "{acme}, \\it's", correlationId: '"c"', submittedBy: "日本 \\ $1" };
      const { id, result } = await mr.enqueue(echo, null, { tags, ...texts });
      await result(RESULT);
      expect(await mr.jobs.get(id)).toMatchObject({ tags, ...texts });
    });
  });

  rule("what an error says, as far as history keeps it", async (scene) => {
    const message = "NUL \u0000 half \ud800 line\nline \u2028 \u{1f9ff} \\ '";
    const failing = defineJob({
      name: "failing",
      retry: "none",
      run: () => {
        throw new Error(message);
      },
    });
    await withClient(
      scene,
      async (mr) => {
        const { id, result } = await mr.enqueue(failing, null);
        await expect(result(RESULT)).rejects.toMatchObject({ code: "job-failed" });
        expect((await mr.jobs.get(id))?.error?.message).toBe(message);
      },
      [failing],
    );
  });
}

function refusedRules(rule: Rule): void {
  const cases: readonly (readonly [string, () => unknown, string, RegExp])[] = [
    ["minus zero", () => ({ a: [-0] }), "not-serialisable", /input of job "echo"\.a\[0\] is -?0/],
    ["a number that is none", () => Number.NaN, "not-serialisable", /NaN/],
    ["a number without end", () => [Number.POSITIVE_INFINITY], "not-serialisable", /Infinity/],
    ["a big integer", () => ({ id: 2n ** 64n }), "not-serialisable", /\.id is bigint/],
    ["a date", () => ({ at: new Date(0) }), "not-serialisable", /\.at is .*Date/],
    ["a hole in a list", () => new Array(1), "not-serialisable", /\[0\] is undefined/],
    ["a function", () => ({ f: () => 1 }), "not-serialisable", /\.f is function/],
    ["a value with its own toJSON", () => ({ toJSON: () => "else" }), "not-serialisable", /toJSON/],
    ["a level too many", () => nested(JSON_LIMITS.maxDepth + 1), "too-large", /deeper than 64 levels/],
    ["a ring", () => ring(), "too-large", /deeper than 64 levels/],
    [
      "a byte too many",
      () => "x".repeat(JSON_LIMITS.maxBytes - 1),
      "too-large",
      /1048577 bytes; the limit is 1048576/,
    ],
    [
      "too many bytes in few characters",
      () => "é".repeat(JSON_LIMITS.maxBytes / 2),
      "too-large",
      /1048578 bytes/,
    ],
  ];
  for (const [what, value, code, message] of cases) {
    rule(`${what}, at enqueue; nothing is kept`, async (scene) => {
      await withClient(scene, async (mr) => {
        const refusal = { code, message: expect.stringMatching(message) };
        await expect(mr.enqueue(echo, value() as Json)).rejects.toMatchObject(refusal);
        expect(await scene.ids({})).toEqual([]);
      });
    });
    rule(`${what}, as a result: the job is dead and says so`, async (scene) => {
      const given = defineJob({ name: "given", run: () => value() });
      await withClient(
        scene,
        async (mr) => {
          const { id, result } = await mr.enqueue(given, null);
          await expect(result(RESULT)).rejects.toMatchObject({ code: "job-failed" });
          const error = { class: "validation", reason: "bad-result" };
          expect(await mr.jobs.get(id)).toMatchObject({ state: "dead", attempts: 1, error });
        },
        [given],
      );
    });
  }

  rule("tags, tenants and their like that hold what cannot be printed, or too much of it", async (scene) => {
    await withClient(scene, async (mr) => {
      for (const text of ["a\u0000b", "\ud800", "a\nb", "x".repeat(201)]) {
        for (const option of ["tenant", "correlationId", "submittedBy"]) {
          await expect(mr.enqueue(echo, null, { [option]: text })).rejects.toMatchObject({
            code: "bad-config",
          });
        }
        await expect(mr.enqueue(echo, null, { tags: [text] })).rejects.toMatchObject({ code: "bad-config" });
      }
      const tags = Array.from({ length: 33 }, (_, index) => `tag-${index}`);
      await expect(mr.enqueue(echo, null, { tags })).rejects.toMatchObject({ code: "bad-config" });
      expect(await scene.ids({})).toEqual([]);
    });
  });

  rule("a checkpoint that no store can keep: the handler is told, and the job goes on", async (scene) => {
    const refusals: unknown[] = [];
    const saving = defineJob({
      name: "saving",
      run: async (_input: Json, ctx) => {
        for (const checkpoint of ["a\u0000b", "\ud800"]) {
          await ctx.save({ checkpoint }).catch((error: unknown) => void refusals.push(error));
        }
        await ctx.save({ checkpoint: "\\u0000" });
        return ctx.checkpoint;
      },
    });
    await withClient(
      scene,
      async (mr) => {
        const { result } = await mr.enqueue(saving, null);
        expect(await result(RESULT)).toBe("\\u0000");
        expect(refusals).toMatchObject([{ code: "bad-input" }, { code: "bad-input" }]);
      },
      [saving],
    );
  });
}

/** Sends values from enqueue to handler to checkpoint and result, and compares their texts to the byte. */
async function expectKept(scene: Scene, values: readonly Json[]): Promise<void> {
  await withClient(scene, async (mr) => {
    for (const value of values) {
      const { id, result } = await mr.enqueue(echo, value);
      const text = JSON.stringify(value);
      expect(JSON.stringify(await result(RESULT))).toBe(text);
      const row = await scene.row(id);
      expect(row.checkpoint).toBe(text);
      expect(JSON.stringify((await mr.jobs.get(id))?.input)).toBe(text);
    }
  });
}

/** A client and a worker on the rule's store. */
async function withClient(
  scene: Scene,
  work: (mr: Millrace) => Promise<void>,
  jobs: readonly ReturnType<typeof defineJob>[] = [echo as ReturnType<typeof defineJob>],
): Promise<void> {
  const open = async () => ({ kind: "test", durability: "the home's", version: "0" });
  const store = { ...withoutSignals(scene.store), open, close: async () => undefined };
  const mr = createMillrace({ store, jobs, migrate: "off", onError: () => undefined });
  mr.worker();
  try {
    await work(mr);
  } finally {
    await mr.close();
  }
}

/** Lists in lists, so many levels of them. */
function nested(levels: number): Json {
  let value: Json = [];
  for (let level = 1; level < levels; level += 1) value = level % 2 === 0 ? [value] : { in: value };
  return value;
}

function ring(): unknown {
  const value: { self?: unknown } = {};
  value.self = value;
  return value;
}
