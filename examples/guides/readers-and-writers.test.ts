/** Owns the guide to readers and writers: what it prints stands in the file, and the file does what the guide says. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Millrace, millrace } from "millrace";
import { afterAll, expect, test } from "vitest";
import { countUpload, databaseOf, exportOrders, importOrders, take } from "./readers-and-writers.ts";

const folder = mkdtempSync(join(tmpdir(), "millrace-guide-"));
afterAll(() => rmSync(folder, { recursive: true }));

function textOf(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

test("the guide prints nothing that is not in the file", () => {
  const guide = textOf("../../docs/guides/readers-and-writers.md");
  const printed = [...guide.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block = ""]) => block.trimEnd());
  const file = textOf("readers-and-writers.ts");
  expect(printed).toHaveLength(6);
  for (const block of printed) expect(file).toContain(block);
});

test("orders go from a file into a table and from there into another; the bad one fails as the guide says", async () => {
  let mr: Millrace | undefined;
  const path = join(folder, "orders.ndjson");
  const exporting = exportOrders(
    { query: (text, values) => databaseOf(mr as Millrace).query(text, values) },
    path,
  );
  const client = millrace({ store: `file:${join(folder, "home")}`, jobs: [importOrders, exporting] });
  mr = client as unknown as Millrace;
  try {
    await client.transaction((sql) =>
      sql.query("create table orders (id integer primary key, shop text not null, total double precision)"),
    );
    const file = join(folder, "orders.csv");
    writeFileSync(
      file,
      'id,shop,total\n1,north,9.5\n2,"so ""u"" th",1\n3,west,0\n4,east,2\n5,up,3\n7,down\n',
    );
    client.worker();
    const run = await client.start(importOrders, { file });
    expect((await run.finished()).state).toBe("partial");
    const failed = [];
    for await (const row of run.items("load", { states: ["failed"] })) failed.push(row);
    expect(failed).toMatchObject([
      {
        ...{ key: "line-0000000007", state: "failed", reason: "malformed" },
        message: "the record on line 7 of orders.csv: it has 2 fields; there are 3 columns",
      },
    ]);
    const copy = await client.start(exporting, { month: "2026-01" });
    expect((await copy.finished()).state).toBe("completed");
    expect(readFileSync(path, "utf8").split("\n").slice(0, 2)).toEqual([
      '{"id":1,"shop":"north","total":9.5}',
      '{"id":2,"shop":"so \\"u\\" th","total":1}',
    ]);
  } finally {
    await client.close();
  }
});

test("an upload that comes in two requests, some of it twice, is counted once", async () => {
  const client = millrace({ store: "memory:", jobs: [countUpload] });
  const place = join(folder, "upload");
  async function* body(...lines: string[]): AsyncGenerator<Uint8Array> {
    for (const line of lines) yield Buffer.from(`${line}\n`);
  }
  const [a, b, c] = ["a", "b", "c"].map((key, at) => JSON.stringify({ key, item: { pages: at + 1 } }));
  try {
    await take(place, [body(a ?? "", b ?? ""), body(b ?? "", c ?? "")], 3);
    client.worker();
    const run = await client.start(countUpload, { folder: place });
    expect((await run.finished()).counters["count"]).toMatchObject({ done: 3, pages: 6 });
  } finally {
    await client.close();
  }
});
