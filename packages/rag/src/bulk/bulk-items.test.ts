import { BadItem, Placed, type ReadContext, type Reader, type RunId } from "@millrace/core";
import { arrayReader } from "@millrace/core/items";
import { describe, expect, test } from "vitest";
import { bulkItems, UNCOUNTED } from "./bulk-items.ts";
import { malformed, recordParts } from "./bulk-record.ts";

const RUN = "0198" as RunId; // any text will do

/** What a reader is given; only the cursor matters here. */
function at(cursor: string | undefined): ReadContext<unknown> {
  const values = { get: () => undefined, set: () => undefined };
  return {
    cursor,
    params: {},
    signal: new AbortController().signal,
    partition: undefined,
    steps: {},
    run: { ...values, id: RUN, tenant: "" },
    step: values,
    ...UNCOUNTED,
  };
}

function itemOf(record: unknown, defaultId: string): { readonly id: string; readonly text: string } {
  const { id = defaultId, fields } = recordParts(record);
  if (typeof fields["text"] !== "string") throw malformed("it has no text");
  return { id, text: fields["text"] };
}

async function read(
  reader: Reader<unknown>,
  { cursor, superseded = [] }: { readonly cursor?: string; readonly superseded?: readonly number[] } = {},
) {
  const found: (Placed<unknown> | BadItem)[] = [];
  for await (const item of bulkItems(
    { reader, run: RUN, found: { items: 0, superseded }, itemOf },
    at(cursor),
  ))
    found.push(item);
  return found;
}

const RECORDS = [
  { id: "a", text: "one" },
  { text: "two" },
  { id: "a", text: "three" },
  { id: 7, text: "four" },
  { id: "b" },
  "none",
  { id: "c", text: "five", metadata: [] },
];

describe("items of a bulk source", () => {
  test("are named by their id, else by run and number; repeated and malformed ones are told apart", async () => {
    const found = await read(arrayReader(RECORDS), { superseded: [0] });
    expect(found.map(({ key }) => key)).toEqual([
      "0198:0:a",
      "0198:1",
      "a",
      "0198:3",
      "0198:4",
      "0198:5",
      "0198:6",
    ]);
    expect(found[0]).toMatchObject({ item: { repeated: "a" } });
    expect(found[1]).toMatchObject({ item: { id: "0198:1", text: "two" } });
    expect(found.slice(3).map((bad) => (bad instanceof BadItem ? bad.reason : "sound"))).toEqual([
      "bad-id",
      "malformed",
      "malformed",
      "malformed",
    ]);
  });

  test.each<[string, Reader<unknown>]>([
    ["tells its place", arrayReader(RECORDS)],
    ["tells none", { read: () => RECORDS }],
    [
      "tells by its items",
      {
        read: ({ cursor }) => RECORDS.slice(cursor === undefined ? 0 : Number(cursor)),
        cursor: (record) => String(RECORDS.indexOf(record as (typeof RECORDS)[0]) + 1),
      },
    ],
  ])("go on behind any of them with the same names, where the reader %s", async (_name, reader) => {
    const whole = await read(reader);
    expect(whole).toHaveLength(RECORDS.length);
    for (const [index, { cursor }] of whole.entries()) {
      expect(await read(reader, { cursor })).toEqual(whole.slice(index + 1));
    }
  });

  test("a bad item of the reader's stays bad, under its number", async () => {
    const bad = new BadItem({ key: "line-1", cursor: "9", reason: "too-large", message: "it is" });
    const [found] = await read({ read: () => [bad as never, new Placed({ text: "x" }, { cursor: "10" })] });
    expect(found).toMatchObject({ key: "0198:0", reason: "too-large" });
  });
});
