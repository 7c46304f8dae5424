import { describe, expect, test } from "vitest";
import { memoryStore } from "../../memory/memory-store.ts";
import { createMillrace } from "../../millrace.ts";
import { ClassedError } from "../../model/errors.ts";
import type { ReadContext } from "../contexts.ts";
import { Placed } from "../placed.ts";
import { definitionOf } from "./build-pipeline.ts";
import { defineBatch, definePipeline } from "./define-pipeline.ts";
import type { StepDefinition } from "./step-definition.ts";

function only(pipeline: object): StepDefinition {
  const [step] = definitionOf(pipeline).steps;
  if (step === undefined) throw new Error("no step");
  return step;
}

function chunksOf(pipeline: object) {
  const { work } = only(pipeline);
  if (work.kind !== "chunks") throw new Error("not a chunk step");
  return work.chunks;
}

const copy = { read: () => [1, 2, 3], write: () => undefined };

async function placesOf(pipeline: object, cursor?: string): Promise<readonly Placed<unknown>[]> {
  const places: Placed<unknown>[] = [];
  const reader = chunksOf(pipeline).reader({ cursor } as ReadContext<unknown>); // all that these read by
  expect(await reader.read((place) => places.push(place) > 0)).toBe(false);
  return places;
}

describe("a pipeline", () => {
  test("is a value: a call adds a step to a copy", () => {
    const none = definePipeline({ name: "p", queue: "q", priority: "bulk", version: "7" });
    const one = none.step("a", () => 1);
    const two = one.step("b", copy);
    expect([none, one, two].map(({ stepNames }) => stepNames)).toEqual([[], ["a"], ["a", "b"]]);
    expect(two).toMatchObject({ name: "p", queue: "q", priority: "bulk", version: "7", concurrency: 4 });
    expect(Object.isFrozen(two)).toBe(true);
    expect(two.with((pipeline) => pipeline)).toBe(two);
    expect(() => definitionOf({ name: "p" })).toThrow(/what definePipeline or defineBatch gave/);
  });

  test("refuses what it does not know or cannot do, by name", () => {
    const bad = (options: object) => () => defineBatch({ name: "b" }).step("s", { ...copy, ...options });
    expect(bad({ chunkSize: 0 })).toThrow('step "s": chunkSize is 0');
    expect(bad({ chunkWeight: -1 })).toThrow('step "s": chunkWeight');
    expect(bad({ concurrency: 1.5 })).toThrow('step "s": concurrency');
    expect(bad({ itemsAtOnce: 0 })).toThrow('step "s": itemsAtOnce');
    expect(bad({ skipLimit: -1 })).toThrow('step "s": skipLimit');
    expect(bad({ maxRescues: "3" })).toThrow('step "s": maxRescues');
    expect(bad({ commit: { items: 0 } })).toThrow('step "s": commit.items');
    expect(bad({ commit: { size: 1 } })).toThrow('step "s": commit has no option "size"');
    expect(bad({ retry: "often" })).toThrow('step "s": retry');
    expect(bad({ timeout: 0 })).toThrow('step "s": timeout');
    expect(bad({ skip: ["oops"] })).toThrow('step "s": skip');
    expect(bad({ onFailure: { tolerate: "101%" } })).toThrow('step "s": onFailure');
    expect(bad({ onFailure: { tolerate: -1 } })).toThrow('step "s": onFailure');
    expect(bad({ onFailure: null })).toThrow('step "s": onFailure');
    expect(bad({ transactional: 0 })).toThrow('step "s": transactional');
    expect(bad({ ledger: "some" })).toThrow('step "s": ledger');
    expect(bad({ startLimit: 0 })).toThrow('step "s": startLimit');
    expect(bad({ alwaysRun: "yes" })).toThrow('step "s": alwaysRun');
    expect(bad({ when: true })).toThrow('step "s": when');
    expect(bad({ reader: { read: () => [] } })).toThrow('step "s": reader');
    expect(bad({ read: undefined })).toThrow('step "s": reader');
    expect(bad({ writer: { write: () => undefined } })).toThrow('step "s": writer');
    expect(bad({ write: undefined })).toThrow('step "s": write');
    expect(bad({ process: 5 })).toThrow('step "s": process');
    expect(bad({ colour: "red" })).toThrow('step "s" has no option "colour"');
    const batch = defineBatch({ name: "b" });
    expect(() => batch.step("a/b", copy)).toThrow("a name without a slash");
    expect(() => batch.step("a", copy).step("a", copy)).toThrow('a name that "b" does not have yet');
    expect(() => batch.step("a", () => 1, { timeout: 0 })).toThrow('step "a": timeout');
    expect(() => batch.step("a", () => 1, { transactional: 1 as never })).toThrow('step "a": transactional');
    expect(() => batch.each("a", [] as never, () => 1)).toThrow('step "a": items');
    expect(() => batch.partition("a", { partitions: {} as never, step: () => 1 })).toThrow(
      'step "a": partitions',
    );
    expect(() =>
      batch.partition("a", { partitions: () => ({}), step: { ...copy, when: 1 } as never }),
    ).toThrow('step "a": step has no option "when"');
    expect(() => defineBatch({ name: "" })).toThrow("defineBatch.name");
    expect(() => defineBatch({ name: "b", rerun: 1 as never })).toThrow('"b": rerun');
    expect(() => defineBatch({ name: "b", identity: "all" as never })).toThrow('"b": identity');
    expect(() => defineBatch({ name: "b", on: { start: () => 1 } as never })).toThrow('no option "start"');
    expect(() => defineBatch({ name: "b", on: { skip: 1 as never } })).toThrow('"b": on.skip');
    expect(() => definePipeline({ name: "b", params: {} } as never)).toThrow('no option "params"');
  });

  test("fills in every default of a chunk step", () => {
    const chunks = chunksOf(defineBatch({ name: "b" }).step("s", copy));
    expect(chunks).toMatchObject({
      name: "s",
      chunkSize: { min: 100, max: 100 },
      chunkWeight: Number.POSITIVE_INFINITY,
      concurrency: 4,
      itemsAtOnce: 1,
      commit: { items: Number.POSITIVE_INFINITY, weight: Number.POSITIVE_INFINITY },
      retry: { maxAttempts: 3 },
      skipLimit: 0,
      onFailure: { kind: "finishAll" },
      ledger: "all",
      maxRescues: 3,
      keepsOutputs: false,
    });
    expect(chunks.skip(new ClassedError("validation", "bad", "no"), 1)).toBe(true);
    expect(chunks.skip(new ClassedError("timeout", "slow", "no"), 1)).toBe(false);
    const shared = chunksOf(
      defineBatch({ name: "b" }).step("s", { ...copy, onFailure: { tolerate: "5%" }, skip: () => true }),
    );
    expect(shared.onFailure).toEqual({ kind: "tolerate", share: 0.05 });
    expect(shared.skip(new Error("any"), 1)).toBe(true);
  });
});

describe("items", () => {
  test("that nothing names are numbered, and passed over up to the cursor", async () => {
    const pipeline = defineBatch({ name: "b" }).step("s", copy);
    const places = await placesOf(pipeline);
    expect(places.map(({ item, key }) => [item, key])).toEqual([
      [1, "000000000001"],
      [2, "000000000002"],
      [3, "000000000003"],
    ]);
    expect(chunksOf(pipeline).key).toBeUndefined();
    expect(await placesOf(pipeline, places[1]?.cursor)).toEqual(places.slice(2));
  });

  test("say by the step's functions where they stand, and the reader gets its own cursor back", async () => {
    const cursors: (string | undefined)[] = [];
    const pipeline = defineBatch({ name: "b" }).step("s", {
      read: ({ cursor }) => {
        cursors.push(cursor);
        return ["n7", "n8"];
      },
      cursor: (item) => item,
      key: (item) => `key of ${item}`,
      write: () => undefined,
    });
    const [first] = await placesOf(pipeline);
    await placesOf(pipeline, first?.cursor);
    expect(cursors).toEqual([undefined, "n7"]);
    expect(first).toMatchObject({ item: "n7", key: "key of n7" });
    expect(chunksOf(pipeline).key?.("n7")).toBe("key of n7");
  });

  test("may come with their place, from a reader made of the parameters", async () => {
    const pipeline = defineBatch<{ file: string }>({ name: "b" }).step("s", {
      reader: ({ params }) => ({
        read: (at) => [new Placed(`${params?.file}:${at.cursor}`, { cursor: "12", key: "line 2" })],
      }),
      write: () => undefined,
    });
    const [place] = await placesOf(pipeline);
    expect(place).toMatchObject({ item: "undefined:undefined", key: "line 2" });
    expect((await placesOf(pipeline, place?.cursor))[0]?.item).toBe("undefined:12");
    expect(new Placed("x", { cursor: "3" }).key).toBe("3");
  });

  test("may name its items itself, which chunks then need not carry", () => {
    const reader = {
      prefix: "sku-",
      read: () => [1],
      key(item: number) {
        return `${this.prefix}${item}`;
      },
    };
    expect(chunksOf(defineBatch({ name: "b" }).step("s", { reader, write: () => undefined })).key?.(7)).toBe(
      "sku-7",
    );
    const own = { reader, key: String, write: () => undefined };
    expect(chunksOf(defineBatch({ name: "b" }).step("s", own)).key?.(7)).toBe("7");
  });
});

test("a program has one pipeline of a name", () => {
  const pipelines = [
    defineBatch({ name: "b" }).step("a", copy),
    definePipeline({ name: "b" }).step("a", copy),
  ];
  const words = 'two pipelines or batches are named "b"; give each its own name, and list each once';
  expect(() => createMillrace({ store: memoryStore(), jobs: pipelines })).toThrow(words);
});
