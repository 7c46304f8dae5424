/** The commands `embed` and `insert` as built, on the embedded store, against a model server of its own process. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fakeVector } from "@millrace/testkit/model-server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CommandPlace } from "./command-place.ts";
import { start, writeFiles } from "./millrace-command.ts";
import { type ModelProgram, startModelProgram } from "./model-program.ts";

const DIMENSIONS = 8;
const KEYS_OF_REPORT = [
  "run",
  "state",
  "collection",
  "items",
  "done",
  "repeated",
  "failed",
  "inserted",
  "updated",
  "failures",
  "seconds",
  "itemsPerMinute",
  "peakBytes",
];

let place: CommandPlace;
const servers: ModelProgram[] = [];
beforeEach(() => {
  place = new CommandPlace("embedded");
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  await place.remove();
});

async function serve(...words: readonly string[]): Promise<string> {
  const server = await startModelProgram("--dimensions", String(DIMENSIONS), ...words);
  servers.push(server);
  configure(server.origin);
  return server.origin;
}

function configure(origin: string, more: object = {}): void {
  const fake = { url: `${origin}/v1`, dimensions: DIMENSIONS, maxInputs: 5, ...more };
  writeFiles(place.folder, { "millrace.config.json": JSON.stringify({ models: { fake } }) });
}

function write(records: readonly unknown[], name = "items.ndjson"): void {
  const lines = records.map((record) => (typeof record === "string" ? record : JSON.stringify(record)));
  writeFiles(place.folder, { [name]: lines.map((line) => `${line}\n`).join("") });
}

const numbered = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ id: `item-${n}`, text: `text of number ${n}` }));

describe("embed", () => {
  test("embeds a file, reports in the keys of the contract, and is searched with the model it was made with", async () => {
    await serve("--poison", "BAD");
    const again = { id: "item-3", text: "three once more", metadata: { lang: "en" } };
    write([...numbered(20), again, { id: "poor", text: "BAD" }, "{ no json"]);
    const { code, out } = await place.run("embed", "items.ndjson", "--model", "fake", "-o", "json");
    expect(code).toBe(5);
    const report = JSON.parse(out);
    expect(Object.keys(report)).toEqual(KEYS_OF_REPORT);
    expect(report).toMatchObject({
      ...{ state: "partial", collection: "fake_embeddings", items: 23, done: 20, repeated: 1, failed: 2 },
      ...{ inserted: 20, updated: 0, failures: { refused: 1, malformed: 1 } },
    });
    const hits = await place.data<{ id: string; score: number }[]>(
      ...["search", "fake_embeddings", "three once more", "--mode", "vector", "-k", "1"],
    );
    expect(hits).toMatchObject([{ id: "item-3", text: "three once more", metadata: { lang: "en" } }]);
    expect(hits[0]?.score).toBeGreaterThan(0.999);
    const failed = await place.run("batch", "items", report.run, "--state", "failed");
    expect(failed.out).toMatch(/failed +refused +poor/);
  });

  test("what failed runs again alone, once it is asked for and what ailed it is mended", async () => {
    await serve("--poison", "BAD");
    write([...numbered(7), { id: "poor", text: "BAD" }]);
    const words = ["embed", "items.ndjson", "--model", "fake", "--collection", "notes", "-o", "json"];
    const first = await place.run(...words);
    expect(first.code).toBe(5);
    await serve();
    const { run } = JSON.parse(first.out);
    const restarted = await place.run("batch", "restart", run, "--only-failed");
    expect(restarted).toMatchObject({
      code: 0,
      err: expect.stringMatching(
        /^nothing works on the run yet: an embedded store .* that runs "[^"]+" has the store\n$/,
      ),
    });
    const second = await place.run(...words);
    expect(second).toMatchObject({ code: 0, err: expect.stringContaining(`continuing run ${run}`) });
    expect(JSON.parse(second.out)).toMatchObject({ run, done: 8, failed: 0, inserted: 8, updated: 0 });
  });

  test("Ctrl-C lets the items in work end, exits 130, and the same command goes on", async () => {
    const ITEMS = 400;
    const origin = await serve("--delay", "200");
    configure(origin, { concurrency: 2 });
    write(numbered(ITEMS));
    const words = ["embed", "items.ndjson", "--model", "fake", "-o"];
    const interrupted = start([...words, "ndjson"], place);
    const done = () => Math.max(0, ...interrupted.lines.map((line) => JSON.parse(line).done ?? 0));
    await expect.poll(done, { timeout: 100_000, interval: 5 }).toBeGreaterThan(0);
    interrupted.process.kill("SIGINT");
    const { code, err } = await interrupted.ended;
    expect(code).toBe(130);
    expect(err).toContain("stopping: the items in work are finished first");
    expect(err).toMatch(/interrupted: \d+( of 400)? items are done and kept; run the same command again/);
    expect(done()).toBeLessThan(ITEMS);
    await serve();
    const { out, ...rest } = await place.run(...words, "json");
    expect(rest).toMatchObject({ code: 0, err: expect.stringContaining("continuing run") });
    expect(JSON.parse(out)).toMatchObject({ items: ITEMS, done: ITEMS, inserted: ITEMS, updated: 0 });
  });

  test("a search whose model does not answer says so; a paused run is not waited for", async () => {
    await serve();
    write(numbered(3));
    expect((await place.run("embed", "items.ndjson", "--model", "fake")).code).toBe(0);
    await Promise.all(servers.splice(0).map((server) => server.stop()));
    const asked = await place.run("search", "fake_embeddings", "text");
    expect(asked.code).toBe(1);
    expect(asked.err).toMatch(/^error: .*model fake.*\n$/);
    expect(await place.data("search", "fake_embeddings", "number 2", "--mode", "text")).toHaveLength(1);

    const words = ["embed", "items.ndjson", "--model", "fake"];
    const waiting = start([...words, "-o", "ndjson"], place);
    await expect.poll(() => waiting.lines.length, { timeout: 100_000 }).toBeGreaterThan(0);
    waiting.process.kill("SIGINT");
    expect((await waiting.ended).code).toBe(130);
    const [newest] = await place.data<{ id: string }[]>("batch", "ls");
    expect((await place.run("batch", "pause", newest?.id ?? "")).code).toBe(0);
    const refused = await place.run(...words);
    expect(refused.code).toBe(9);
    expect(refused.err).toContain(`is paused: run "millrace batch resume ${newest?.id}" first`);
  });

  test("why an endpoint's items wait is told while they do", async () => {
    configure("http://127.0.0.1:9"); // the port of discard: nobody listens there
    write(numbered(3));
    const waiting = start(["embed", "items.ndjson", "--model", "fake"], place);
    let told = "";
    waiting.process.stderr?.on("data", (text) => (told += String(text)));
    await expect
      .poll(() => told, { timeout: 100_000 })
      .toContain(
        "failed (ECONNREFUSED: nothing listens there): its items are tried again; this command ends",
      );
    waiting.process.kill("SIGINT");
    expect((await waiting.ended).code).toBe(130);
  });

  test("an endpoint that was never there ends the command, by name; the same command goes on", async () => {
    const secure = (await serve()).replace("http:", "https:");
    configure(secure); // TLS, where none is spoken
    write(numbered(3));
    const words = ["embed", "items.ndjson", "--model", "fake"];
    const first = await place.run(...words);
    expect(first.code).toBe(8);
    expect(first.err).toMatch(/^error: the connection to model fake .*no TLS is spoken there.*for 15 s/m);
    await serve();
    const second = await place.run(...words);
    expect(second).toMatchObject({ code: 0, err: expect.stringContaining("continuing run") });
  });

  test("on memory it says that nothing is kept; words for people", async () => {
    await serve();
    write(numbered(3));
    const words = ["--store", "memory:", "embed", "items.ndjson", "--model", "fake"];
    const { code, out, err } = await place.run(...words);
    expect(code).toBe(0);
    expect(err).toContain("nothing is kept when this command ends");
    expect(out).toMatch(/^3 items: 3 in collection fake_embeddings \(3 new, 0 updated\), 0 failed\n/);
    expect((await place.run(...words, "--quiet", "-o", "json")).err).not.toContain("items/s");
  });

  test("what cannot be is refused before a store is made", async () => {
    configure("http://127.0.0.1:9", { apiKeyEnv: "NO_SUCH_KEY" });
    write(numbered(1));
    const unknown = await place.run("embed", "items.ndjson", "--model", "other");
    expect(unknown.code).toBe(3);
    expect(unknown.err).toBe(
      'error: there is no model "other": there are fake, hash-lexical-v1; configure it as models.other\n',
    );
    const keyless = await place.run("embed", "items.ndjson", "--model", "fake");
    expect(keyless).toMatchObject({ code: 2, err: expect.stringContaining("NO_SUCH_KEY, which is not set") });
    const missing = await place.run("embed", "none.ndjson", "--model", "hash-lexical-v1");
    expect(missing).toMatchObject({ code: 3, err: expect.stringContaining("there is no file of items at") });
    expect((await place.run("embed", ".", "--model", "hash-lexical-v1")).code).toBe(2);
    for (const stream of ["-", "/dev/null"]) {
      const refused = await place.run("embed", stream, "--model", "hash-lexical-v1");
      expect(refused).toMatchObject({ code: 2, err: expect.stringContaining("write them to a file first") });
    }
    expect((await place.run("embed", "items.ndjson")).code).toBe(2);
    expect(existsSync(join(place.folder, "store"))).toBe(false);
  });
});

describe("insert", () => {
  const vector = (text: string): number[] => [...fakeVector(text, DIMENSIONS)];

  test("inserts vectors, updates them the next time, and fails those of other dimensions alone", async () => {
    const items = numbered(9).map(({ id, text }) => ({ id, text, embedding: vector(text) }));
    write([...items, { id: "short", embedding: [1, 2] }]);
    const words = ["insert", "items.ndjson", "--collection", "made", "--model", "elsewhere", "-o", "json"];
    const first = await place.run(...words);
    expect(first.code).toBe(5);
    const failures = { "embedding-dimensions": 1 };
    expect(JSON.parse(first.out)).toMatchObject({ done: 9, inserted: 9, updated: 0, failed: 1, failures });
    write(items);
    const second = await place.run(...words);
    expect(second.code).toBe(0);
    expect(JSON.parse(second.out)).toMatchObject({ done: 9, inserted: 0, updated: 9, failed: 0 });
    const shape = { model: "elsewhere", dimensions: DIMENSIONS, items: 9 };
    expect(await place.data("collections", "show", "made")).toMatchObject(shape);
    const asked = await place.run("search", "made", "text of number 4");
    expect(asked.code).toBe(9);
    expect(asked.err).toContain("embedded by elsewhere, which is not configured (there are hash-lexical-v1)");
    expect(await place.data("search", "made", "number 4", "--mode", "text")).toMatchObject([
      { id: "item-4" },
    ]);
  });

  test("a collection of another model's is left as it is", async () => {
    await serve();
    write([{ id: "a", embedding: vector("a") }]);
    expect((await place.run("insert", "items.ndjson", "--collection", "made")).code).toBe(0);
    write([{ id: "a", text: "a" }]);
    const refused = await place.run("embed", "items.ndjson", "--model", "fake", "--collection", "made");
    expect(refused.code).toBe(9);
    expect(refused.err).toContain('collection "made" holds 8-dimensional vectors of external');
    write([{ id: "b", embedding: vector("b") }]);
    const foreign = await place.run("insert", "items.ndjson", "--collection", "made", "--model", "fake");
    expect(foreign.code).toBe(9);
    expect(foreign.err).toContain('collection "made" holds 8-dimensional vectors of external');
    expect(await place.data("batch", "ls")).toHaveLength(1);
  });

  test("a run that fails is told with why: exit 4", async () => {
    const unreadable = "/proc/self/mem"; // there, and no file; the first read of it fails, for root too
    const { code, err, out } = await place.run("insert", unreadable, "--collection", "made", "-o", "json");
    expect({ code, out: JSON.parse(out) }).toMatchObject({ code: 4, out: { state: "failed", items: 0 } });
    expect(err).toContain("error: the run failed: ");
  });
});
