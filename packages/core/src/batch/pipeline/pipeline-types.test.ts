import type { StandardSchemaV1 } from "@standard-schema/spec";
import { describe, expect, expectTypeOf, test } from "vitest";
import type { Reader, Writer } from "../definition.ts";
import { Filtered } from "../filtered.ts";
import { Placed } from "../placed.ts";
import { defineBatch, definePipeline } from "./define-pipeline.ts";
import type { ChunkResult, Pipeline } from "./pipeline.ts";

/** A schema by hand: takes text or nothing, gives a url and a limit. */
const source: StandardSchemaV1<{ url: string; limit?: string }, { url: URL; limit: number }> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => {
      const { url, limit } = value as { url: string; limit?: string };
      return { value: { url: new URL(url), limit: Number(limit ?? 10) } };
    },
  },
};

interface Row {
  readonly id: number;
  readonly text: string | null;
}
const rows: readonly Row[] = [{ id: 1, text: "one" }];
const rowReader: Reader<Row> = { read: () => rows, cursor: (row) => String(row.id) };
const words: Writer<{ word: string }> = { write: () => undefined };

type StepsOf<P> = P extends { readonly types?: { readonly steps: infer Steps } } ? Steps : never;
type InputOf<P> = P extends { readonly types?: { readonly input: infer Input } } ? Input : never;

describe("types of a pipeline", () => {
  test("go from its schema to its steps, and from each step to those after it", () => {
    const pipeline = definePipeline({ name: "p", input: source, identity: ["url"] })
      .step("fetch", async ({ input, steps, ctx }) => {
        expectTypeOf(input).toEqualTypeOf<{ url: URL; limit: number }>();
        expectTypeOf<keyof typeof steps>().toEqualTypeOf<never>();
        expectTypeOf(ctx.partition).toEqualTypeOf<undefined>();
        return { passages: ["a", "b"], pages: 2 };
      })
      .each(
        "vector",
        ({ steps }) => steps.fetch.passages,
        async (text, ctx) => {
          expectTypeOf(text).toEqualTypeOf<string>();
          expectTypeOf(ctx.params.limit).toEqualTypeOf<number>();
          return text === "" ? null : [text.length];
        },
        { concurrency: 16, skip: (_error, item) => item.length > 3 },
      )
      .step("index", ({ steps }) => {
        expectTypeOf(steps.vector).toEqualTypeOf<readonly number[][]>();
        return steps.vector.length;
      });
    expectTypeOf<InputOf<typeof pipeline>>().toEqualTypeOf<{ url: string; limit?: string }>();
    expectTypeOf<StepsOf<typeof pipeline>>().toEqualTypeOf<{
      readonly fetch: { passages: string[]; pages: number };
      readonly vector: readonly number[][];
      readonly index: number;
    }>();
    expect(pipeline.stepNames).toEqual(["fetch", "vector", "index"]);
    // @ts-expect-error the schema knows no such parameter
    expect(definePipeline({ name: "p", input: source, identity: ["uri"] }).name).toBe("p");
  });

  test("go from reader to processor to writer", () => {
    const batch = defineBatch<{ dataset: string }>({ name: "b" }).step("embed", {
      read: async function* (ctx) {
        expectTypeOf(ctx.params.dataset).toEqualTypeOf<string>();
        expectTypeOf(ctx.cursor).toEqualTypeOf<string | undefined>();
        yield* rows;
      },
      cursor: (row) => String(row.id),
      key: (row) => String(row.id),
      prepare: async (items) => new Map(items.map((row) => [row.id, row.text])),
      process: async (row, { prepared }) => {
        expectTypeOf(prepared).toEqualTypeOf<Map<number, string | null>>();
        const text = prepared.get(row.id);
        if (text === undefined) return new Filtered("gone");
        return text === null ? null : { id: row.id, vector: [text.length] };
      },
      tally: (output) => ({ dimensions: output.vector.length }),
      write: (outputs, ctx) => {
        expectTypeOf(outputs).toEqualTypeOf<readonly { id: number; vector: number[] }[]>();
        expectTypeOf(ctx.params.dataset).toEqualTypeOf<string>();
      },
      failed: (failures) => {
        expectTypeOf(failures[0]?.item).toEqualTypeOf<Row | undefined>();
      },
      chunkSize: { min: 10, max: 500 },
      retry: { maxAttempts: 5, initial: "2s", multiplier: 2, max: "5m", jitter: "full" },
      onFailure: { tolerate: "5%" },
    });
    expectTypeOf<StepsOf<typeof batch>["embed"]>().toEqualTypeOf<ChunkResult>();
    expectTypeOf<InputOf<typeof batch>>().toEqualTypeOf<{ dataset: string }>();
  });

  test("go without a processor from the reader to the writer", () => {
    const copied = defineBatch({ name: "copy" }).step("copy", {
      reader: rowReader,
      write: (outputs) => {
        expectTypeOf(outputs).toEqualTypeOf<readonly Row[]>();
      },
    });
    expect(copied.stepNames).toEqual(["copy"]);
    const lines = defineBatch({ name: "lines" }).step("lines", {
      read: () => [new Placed("a line", { cursor: "7" })],
      process: (line) => ({ word: line.slice(0, 3) }),
      writer: words,
    });
    expect(lines.stepNames).toEqual(["lines"]);
  });

  test("hold values to what they are for", () => {
    const batch = defineBatch<{ n: number }>({ name: "b" });
    const _typed = () => {
      batch.step("x", {
        read: () => rows,
        // @ts-expect-error a writer of numbers gets no rows
        write: (outputs: readonly number[]) => void outputs,
      });
      // @ts-expect-error the outputs are numbers
      batch.step("x", { read: () => rows, process: (row) => row.id, writer: words });
      // @ts-expect-error the writer wants more than there is
      batch.step("x", { read: () => rows, process: () => ({}), writer: words });
      batch.step("x", { read: () => rows, process: ({ id }) => ({ word: "a", id }), writer: words });
      // @ts-expect-error the rows are no words
      batch.step("x", { reader: rowReader, writer: words });
      // @ts-expect-error no such step before
      batch.step("x", ({ steps }) => steps.missing);
      // @ts-expect-error no such parameter
      batch.step("x", ({ input }) => input.m);
      // @ts-expect-error no such policy
      batch.step("x", { read: () => rows, write: () => undefined, onFailure: "giveUp" });
      // @ts-expect-error no such option of a task
      batch.step("x", () => 1, { chunkSize: 5 });
    };
    expect(_typed).toThrow("onFailure");
  });

  test("tell a partition's step what its partition is", () => {
    const pipeline = definePipeline<{ shops: readonly string[] }>({ name: "p" })
      .step("rates", () => new Map([["eur", 1]]))
      .partition("by-shop", {
        partitions: ({ input }) =>
          Object.fromEntries(input.shops.map((shop) => [shop, { from: shop.length }])),
        concurrency: 2,
        step: ({ ctx, steps }) => {
          expectTypeOf(ctx.partition.context).toEqualTypeOf<{ from: number }>();
          expectTypeOf(steps.rates).toEqualTypeOf<Map<string, number>>();
          return ctx.partition.name;
        },
        retry: "none",
      })
      .partition("by-year", {
        partitions: () => new Map([["2025", { year: 2025 }]]),
        step: {
          read: (ctx) => {
            expectTypeOf(ctx.partition.context.year).toEqualTypeOf<number>();
            return rows;
          },
          process: (row, ctx) => ({ id: row.id, year: ctx.partition.context.year }),
          write: (outputs) => {
            expectTypeOf(outputs).toEqualTypeOf<readonly { id: number; year: number }[]>();
          },
        },
      });
    expectTypeOf<StepsOf<typeof pipeline>["by-shop"]>().toEqualTypeOf<Readonly<Record<string, string>>>();
    expectTypeOf<StepsOf<typeof pipeline>["by-year"]>().toEqualTypeOf<
      Readonly<Record<string, ChunkResult>>
    >();
  });

  test("pass through a step factory", () => {
    const counted = <Input, Steps extends { readonly list: readonly string[] }, Parsed>(
      pipeline: Pipeline<Input, Steps, Parsed>,
    ) => pipeline.step("counted", ({ steps }) => steps.list.length);
    const pipeline = definePipeline({ name: "p" })
      .step("list", () => ["a"])
      .with(counted)
      .step("twice", ({ steps }) => steps.counted * 2);
    expectTypeOf<StepsOf<typeof pipeline>["twice"]>().toEqualTypeOf<number>();
    expect(pipeline.stepNames).toEqual(["list", "counted", "twice"]);
    const _typed = () => {
      // @ts-expect-error there is no list
      definePipeline({ name: "p" }).with(counted);
    };
    expect(_typed).toBeTypeOf("function");
  });
});
