/** Binary COPY: what is encoded is what the database reads. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CopyColumn, type CopyValue, encodeCopy } from "./copy-binary.ts";
import { createPgliteClient } from "./pglite/pglite-client.ts";

const client = createPgliteClient({ directory: "", inMemory: true });

beforeAll(async () => {
  await client.open();
  await client.script("create extension vector");
});

afterAll(() => client.close());

/** Sends values through a column of that type and gives what the database makes of them. */
async function through(column: CopyColumn, values: readonly CopyValue[]): Promise<readonly unknown[]> {
  await client.script(`drop table if exists sent; create table sent (n int, value ${column})`);
  const rows = values.map((value, n) => [n, value]);
  await client.copyIn(
    "copy sent from stdin (format binary)",
    encodeCopy(rows, { columns: ["int4", column] }),
  );
  const stored = await client.query<{ value: unknown }>("select value from sent order by n");
  return stored.map(({ value }) => value);
}

describe("values arrive as they were", () => {
  const uuid = "0190f5a0-0000-7000-8000-0000000000ff";
  test.each<[CopyColumn, readonly CopyValue[], readonly unknown[]]>([
    ["uuid", [uuid, null], [uuid, null]],
    ["text", ["", "snow ☃ 𝒳", "x".repeat(100_000), null], ["", "snow ☃ 𝒳", "x".repeat(100_000), null]],
    ["int4", [0, -1, 2_147_483_647, -2_147_483_648], [0, -1, 2_147_483_647, -2_147_483_648]],
    ["int8", [1, -1n, 9_223_372_036_854_775_807n], ["1", "-1", "9223372036854775807"]],
    ["float8", [0.1, -1e300, Number.NaN], [0.1, -1e300, Number.NaN]],
    ["bool", [true, false, null], [true, false, null]],
    ["bytea", [Uint8Array.of(0, 255), new Uint8Array(0)], [Uint8Array.of(0, 255), new Uint8Array(0)]],
    ["jsonb", ['{"a":[1,"☃"]}', "7", null], ['{"a": [1, "☃"]}', "7", null]],
    ["vector", [[1, -0.5, 0.25], Float32Array.of(3), null], ["[1,-0.5,0.25]", "[3]", null]],
  ])("%s", async (column, values, expected) => {
    expect(await through(column, values)).toEqual(expected);
  });
});

test("chunks are bounded, and a row longer than a chunk gets one of its own", () => {
  const rows = [
    ...Array.from({ length: 100 }, (_, n) => [n, "x".repeat(100)]),
    [100, "y".repeat(10_000)],
    [101, "z"],
  ];
  const chunks = [...encodeCopy(rows, { columns: ["int4", "text"], chunkBytes: 2_048 })];
  const long = chunks.filter((chunk) => chunk.byteLength > 2_048);
  expect(chunks.length).toBeGreaterThan(5);
  expect(long).toHaveLength(1);
});

test("no rows are a valid, empty copy", async () => {
  expect(await through("text", [])).toEqual([]);
});

test.each<[CopyColumn, CopyValue]>([
  ["uuid", "not-a-uuid"],
  ["uuid", "zz90f5a0-0000-7000-8000-0000000000ff"],
  ["int4", 2_147_483_648],
  ["int4", 1.5],
  ["int8", 1.5],
  ["text", 7],
  ["bool", "true"],
  ["jsonb", 7],
  ["vector", "[1,2]"],
])("a %s cannot hold %o", (column, value) => {
  expect(() => [...encodeCopy([[value]], { columns: [column] })]).toThrow(
    expect.objectContaining({ code: "bad-input" }),
  );
});

test("a row of another width is refused", () => {
  expect(() => [...encodeCopy([[1, 2]], { columns: ["int4"] })]).toThrow(
    "A row of 2 values does not fit 1 columns.",
  );
});
