/** The stages of an ingest on every store: types by value, kept text, clean-up modes, lineage, surveys. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMillrace, type RunRow, type Store } from "@millrace/core";
import {
  type CleanupMode,
  createExtractor,
  type DocumentRecord,
  type DocumentType,
  documentFailure,
  type Embedder,
  type Extractor,
  hashLexicalV1,
  type IngestTools,
  ingestBatch,
  markdownSplitter,
  type Splitter,
  type SurveyedDocument,
  surveyDocuments,
} from "@millrace/rag";
import { testPostgresUrl } from "@millrace/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { loadSettings } from "../packages/millrace/src/config/settings.ts";
import { createHome, type Home } from "../packages/millrace/src/home/home.ts";
import { minimalDocx, paragraph } from "../packages/rag/src/stages/extract/minimal-docx.fixture.ts";
import { minimalPdf } from "../packages/rag/src/stages/extract/minimal-pdf.fixture.ts";

const { signal } = new AbortController();
const ESSAY = Array.from(
  { length: 40 },
  (_, n) => `Sentence ${n} tells of mills and of the water that moves them.`,
);

let place = "";
let folder = "";
let extractor: Extractor;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), "millrace-stages-"));
  extractor = createExtractor({ processes: 1, documentTypes: [email] });
});
afterAll(async () => {
  await extractor.stop();
  rmSync(place, { recursive: true });
});
beforeEach(() => {
  folder = join(place, randomBytes(6).toString("hex"));
  mkdirSync(folder);
});

/** A type that this program adds: mails, by a value only. */
const email: DocumentType = {
  format: "eml",
  extensions: [".eml"],
  version: "eml/1",
  magic: {
    refuse: (head) =>
      /^[\w-]+:/.test(Buffer.from(head).toString("latin1"))
        ? undefined
        : { reason: "malformed", why: "it has no header" },
  },
  extract: async (file, { tempFolder }) => {
    const startedAt = performance.now();
    writeFileSync(join(await tempFolder(), "work.txt"), "in work");
    const [head = "", ...body] = (await readFile(file.path, "utf8")).split("\n\n");
    if (body.length === 0) throw documentFailure({ path: file.path, reason: "empty", why: "it has no body" });
    const subject = /^Subject: (.*)$/m.exec(head)?.[1] ?? "";
    return {
      pages: [{ number: 1, text: `# ${subject}\n\n${body.join("\n\n").trim()}` }],
      format: "eml",
      markup: "markdown",
      engine: "eml",
      engineVersion: "1",
      fallbacks: [],
      ms: performance.now() - startedAt,
    };
  },
};

/** An extractor that counts what it is asked to read. */
function counting(): Extractor & { readonly read: string[] } {
  const read: string[] = [];
  return {
    ...extractor,
    read,
    extract: (file, options) => {
      read.push(file.path);
      return extractor.extract(file, options);
    },
  };
}

const HOMES = [
  { name: "memory", environment: () => ({ MILLRACE_STORE: "memory:" }) },
  {
    name: "PGlite",
    environment: () => ({ MILLRACE_STORE: `file:${join(folder, "..", `store-${Date.now()}`)}` }),
  },
  {
    name: "PostgreSQL",
    environment: () => ({
      MILLRACE_STORE: testPostgresUrl(),
      MILLRACE_STORE_SCHEMA: `stages_${randomBytes(6).toString("hex")}`,
    }),
  },
];

describe.each(HOMES)("on $name", ({ environment }) => {
  let home: Home;
  /** The open store for clients of which each would open and close it. */
  let shared: Store;
  beforeAll(async () => {
    const values = environment();
    home = await createHome(await loadSettings({ folder: place, environment: values }));
    const info = await home.store.open();
    shared = new Proxy(home.store, {
      get: (target, name) => {
        if (name === "open") return async () => info;
        if (name === "close") return async () => undefined;
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    await home.store.migrate();
  });
  afterAll(async () => {
    await home.tools?.remove(); // refuses where anything is in the schema that is not millrace's
    await home.store.close();
  });

  /** Every test has collections of its own. */
  let collection = "";
  beforeEach(() => {
    collection = `docs-${randomBytes(6).toString("hex")}`;
  });

  function toolsWith(parts: Partial<IngestTools> = {}): IngestTools {
    return {
      extractor,
      splitter: markdownSplitter(),
      embedder: hashLexicalV1(),
      collections: home.collections,
      extractions: home.extractions,
      ...parts,
    };
  }

  async function ingest(
    tools: IngestTools,
    how: { readonly into?: string; readonly roots?: readonly string[]; readonly cleanup?: CleanupMode } = {},
  ): Promise<RunRow> {
    const { into = collection, roots = [folder], cleanup } = how;
    await home.collections.prepare();
    const { model, dimensions } = tools.embedder;
    await home.collections.ensure({ name: into, model, dimensions });
    const batch = ingestBatch(tools);
    const mr = createMillrace({ store: shared, jobs: [batch] });
    try {
      const params = { collection: into, roots, ...(cleanup === undefined ? {} : { cleanup }) };
      const handle = await mr.start(batch, params);
      mr.worker();
      await handle.finished();
      const [row] = (await home.store.findRuns({ ids: [handle.id] }, { limit: 1 })).rows;
      if (row === undefined) throw new Error("the run is gone");
      return row;
    } finally {
      await mr.close();
    }
  }

  const counted = (run: RunRow) => run.counters["documents"] ?? {};
  const documents = (of = collection): Promise<readonly DocumentRecord[]> =>
    home.collections.documents(of, { limit: 100 });
  const namesLeft = async () => (await documents()).map(({ source }) => source.slice(folder.length + 1));

  async function writeAll(): Promise<void> {
    writeFileSync(
      join(folder, "a.pdf"),
      minimalPdf({ pages: [`a page about alder, ${collection}`, "and one about birch"] }),
    );
    writeFileSync(
      join(folder, "b.docx"),
      await minimalDocx([paragraph(`Mills ${collection}`, "Title"), ...ESSAY.map((text) => paragraph(text))]),
    );
    writeFileSync(
      join(folder, "c.html"),
      `<h1>Water ${collection}</h1>${ESSAY.map((text) => `<p>${text}</p>`).join("")}`,
    );
    writeFileSync(join(folder, "d.md"), "# Markdown\n\nwords");
    writeFileSync(
      join(folder, "e.eml"),
      `From: a@example.org\nSubject: Grain\n\nThe grain has come to ${collection}.`,
    );
  }

  test("a type added by a value is found, read and searched like the others", async () => {
    await writeAll();
    writeFileSync(join(folder, "f.eml"), "no header at all");
    const run = await ingest(toolsWith());
    expect(run.state).toBe("partial");
    expect(counted(run)).toMatchObject({ done: 5, failed: 1 });
    expect((await documents()).map(({ format, engine }) => [format, engine])).toEqual([
      ["pdf", "liteparse"],
      ["docx", "mammoth"],
      ["html", "turndown"],
      ["markdown", "markdown"],
      ["eml", "eml"],
    ]);
    expect(await home.collections.pageText(collection, { source: join(folder, "e.eml"), number: 1 })).toBe(
      `# Grain\n\nThe grain has come to ${collection}.`,
    );
  });

  test("splitting in another way parses nothing, nor does another collection", async () => {
    await writeAll();
    rmSync(join(folder, "d.md"));
    const first = counting();
    await ingest(toolsWith({ extractor: first }));
    expect(first.read).toHaveLength(4);
    const before = await documents();

    const again = counting();
    const run = await ingest(toolsWith({ extractor: again, splitter: markdownSplitter({ maxTokens: 128 }) }));
    expect(again.read).toEqual([]);
    expect(counted(run)).toMatchObject({ done: 4 });
    const after = await documents();
    const passages = (all: readonly DocumentRecord[]) => all.reduce((sum, each) => sum + each.passages, 0);
    expect(passages(after)).toBeGreaterThan(passages(before));
    expect(after.map(({ lineage }) => lineage?.isReused)).toEqual([true, true, true, true]);
    expect(after.map(({ lineage }) => lineage?.ms.extract)).toEqual(
      before.map(({ lineage }) => lineage?.ms.extract),
    );

    const elsewhere = counting();
    await ingest(toolsWith({ extractor: elsewhere }), { into: `${collection}-2` });
    expect(elsewhere.read).toEqual([]);
    const key = ({ pages, hash, format }: DocumentRecord) => ({ pages, hash, format });
    expect((await documents(`${collection}-2`)).map(key)).toEqual(before.map(key));
  });

  test("another release of a type parses its documents again, and only them", async () => {
    await writeAll();
    await ingest(toolsWith());
    const newer = createExtractor({ processes: 1, documentTypes: [{ ...email, version: "eml/2" }] });
    const read: string[] = [];
    const spied: Extractor = {
      ...newer,
      extract: (file, options) => {
        read.push(file.format);
        return newer.extract(file, options);
      },
    };
    const run = await ingest(toolsWith({ extractor: spied }));
    await newer.stop();
    expect(read).toEqual(["eml"]);
    expect(counted(run)).toMatchObject({ done: 1, filtered: 4 });
  });

  test("text is kept before it is embedded: a model that fails costs no parsing", async () => {
    writeFileSync(join(folder, "a.pdf"), minimalPdf({ pages: [`a page about ${collection}`] }));
    const lexical = hashLexicalV1();
    const broken: Embedder = {
      ...lexical,
      embed: () => Promise.reject(documentFailure({ path: "model", reason: "malformed", why: "it is away" })),
    };
    const first = counting();
    expect((await ingest(toolsWith({ extractor: first, embedder: broken }))).state).toBe("partial");
    expect(first.read).toHaveLength(1);
    const second = counting();
    expect((await ingest(toolsWith({ extractor: second }))).state).toBe("completed");
    expect(second.read).toEqual([]);
  });

  test("text that no document refers to goes, and no other", async () => {
    const path = join(folder, "c.html");
    writeFileSync(path, `<p>first ${collection}`);
    await ingest(toolsWith());
    const [{ hash = "", lineage } = {}] = await documents();
    const key = { hash, format: "html", version: lineage?.extractor ?? "" };
    await home.extractions.clean({ keepMs: 0 });
    expect(await home.extractions.find(key)).toMatchObject({ pages: [{ text: `first ${collection}` }] });
    writeFileSync(path, `<p>second ${collection}`);
    await ingest(toolsWith());
    expect(await home.extractions.find(key)).toBeDefined(); // a day has not passed
    expect(await home.extractions.clean({ keepMs: 0 })).toBeGreaterThan(0);
    expect(await home.extractions.find(key)).toBeUndefined();
    const other = counting();
    await ingest(toolsWith({ extractor: other }), { into: `${collection}-2` });
    expect(other.read).toEqual([]);
    await home.collections.remove(collection);
    await home.collections.remove(`${collection}-2`);
    expect(await home.extractions.clean({ keepMs: 0 })).toBeGreaterThan(0);
  });

  test("each stage is replaced by a value of its port", async () => {
    writeFileSync(join(folder, "c.html"), "<p>one</p><p>two</p>");
    const splitter: Splitter = {
      version: "lines/1",
      *split(pages) {
        let ordinal = 0;
        for (const { number, text } of pages) {
          for (const { index, 0: line } of text.matchAll(/\S+/g)) {
            const where = { pageStart: number, pageEnd: number, start: index, end: index + line.length };
            yield { ordinal: ordinal++, ...where, text: line, headingPath: [], tokens: 1 };
          }
        }
      },
    };
    const embedder: Embedder = {
      model: "length/1",
      dimensions: 2,
      maxInputs: 10,
      maxTokensPerInput: 10,
      embed: async (texts) => texts.map((text) => Float32Array.of(1, text.length)),
    };
    const written: string[] = [];
    const collections = new Proxy(home.collections, {
      get: (target, name) => {
        const verb: unknown = Reflect.get(target, name);
        if (typeof verb !== "function") return verb;
        return (...call: Parameters<Home["collections"]["replace"]>) => {
          if (name === "replace")
            written.push(...call[1].flatMap(({ passages }) => passages.map(({ text }) => text)));
          return verb.apply(target, call);
        };
      },
    });
    await ingest(toolsWith({ splitter, embedder, collections }));
    expect(written).toEqual(["one", "two"]);
    expect(await documents()).toMatchObject([
      { passages: 2, lineage: { splitter: "lines/1", model: "length/1" } },
    ]);
  });

  test("a document keeps how it was made", async () => {
    await writeAll();
    const run = await ingest(toolsWith());
    const [pdf] = await documents();
    expect(pdf).toMatchObject({
      source: join(folder, "a.pdf"),
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      pages: 2,
      lineage: {
        run: run.id,
        engineVersion: "2.14.7",
        fallbacks: [],
        isReused: expect.any(Boolean),
        splitter: markdownSplitter().version,
        model: "hash-lexical-v1",
      },
    });
    expect(pdf?.lineage?.tokens).toBeGreaterThan(5);
    expect(Object.keys(pdf?.lineage?.ms ?? {}).sort()).toEqual(["embed", "extract", "split", "validate"]);
    expect(Math.abs((pdf?.indexedAtMs ?? 0) - Date.now())).toBeLessThan(600_000);
  });

  describe("clean-up", () => {
    const CASES: readonly (readonly [CleanupMode | undefined, readonly string[]])[] = [
      ["none", ["broken.eml", "elsewhere/far.txt", "here/gone.txt", "here/stays.txt"]],
      ["incremental", ["elsewhere/far.txt", "here/gone.txt", "here/stays.txt"]],
      ["scoped-full", ["elsewhere/far.txt", "here/stays.txt"]],
      [undefined, ["elsewhere/far.txt", "here/stays.txt"]],
      ["full", ["here/stays.txt"]],
    ];

    test.each(CASES)("%s leaves %j", async (cleanup, left) => {
      for (const name of ["here", "elsewhere"]) mkdirSync(join(folder, name));
      writeFileSync(join(folder, "broken.eml"), "From: me\n\nfine");
      writeFileSync(join(folder, "here/gone.txt"), "gone");
      writeFileSync(join(folder, "here/stays.txt"), "stays");
      writeFileSync(join(folder, "elsewhere/far.txt"), "far");
      await ingest(toolsWith());
      writeFileSync(join(folder, "broken.eml"), "nothing of a mail");
      writeFileSync(join(folder, "here/stays.txt"), "stays, changed");
      rmSync(join(folder, "here/gone.txt"));
      const roots = [join(folder, "broken.eml"), join(folder, "here")];
      await ingest(toolsWith(), { roots, ...(cleanup === undefined ? {} : { cleanup }) });
      expect(await namesLeft()).toEqual(left);
      const [changed] = (await documents()).filter(({ source }) => source.endsWith("stays.txt"));
      expect(changed?.bytes).toBe("stays, changed".length);
    });

    test("of an unknown mode is refused", async () => {
      const cleanup = "everything" as CleanupMode; // what a program without types might say
      await expect(ingest(toolsWith(), { cleanup })).rejects.toMatchObject({ code: "bad-input" });
    });
  });

  describe("a survey", () => {
    async function survey(tools: IngestTools, cleanup?: CleanupMode): Promise<readonly SurveyedDocument[]> {
      await home.collections.prepare();
      const params = { collection, roots: [folder], ...(cleanup === undefined ? {} : { cleanup }) };
      const all: SurveyedDocument[] = [];
      for await (const each of surveyDocuments(tools, params, { signal }).documents) all.push(each);
      return all;
    }
    const changes = (all: readonly SurveyedDocument[]) =>
      Object.fromEntries(all.map(({ path, change }) => [path.slice(folder.length + 1), change]));

    test("tells what an ingest then does", async () => {
      await writeAll();
      const before = await survey(toolsWith());
      expect(changes(before)).toEqual({
        "a.pdf": "new",
        "b.docx": "new",
        "c.html": "new",
        "d.md": "new",
        "e.eml": "new",
      });
      expect(before[0]).toMatchObject({
        format: "pdf",
        pages: 2,
        estimate: { passages: expect.any(Number) },
      });
      expect(await home.collections.get(collection)).toBeUndefined();

      await ingest(toolsWith());
      expect(new Set(Object.values(changes(await survey(toolsWith()))))).toEqual(new Set(["unchanged"]));
      writeFileSync(join(folder, "d.md"), "# Markdown\n\nother words");
      writeFileSync(join(folder, "f.md"), "new");
      writeFileSync(join(folder, "g.docx"), "no ZIP");
      rmSync(join(folder, "a.pdf"));
      const held = { "b.docx": "unchanged", "c.html": "unchanged", "e.eml": "unchanged" };
      const rest = { "d.md": "changed", "f.md": "new", "g.docx": "failed" };
      expect(changes(await survey(toolsWith()))).toEqual({ "a.pdf": "removed", ...held, ...rest });
      expect(changes(await survey(toolsWith(), "incremental"))).toEqual({ ...held, ...rest });
      const stale = changes(await survey(toolsWith({ splitter: markdownSplitter({ maxTokens: 128 }) })));
      expect(stale).toMatchObject({ "b.docx": "stale", "c.html": "stale", "d.md": "changed" });
      const run = await ingest(toolsWith());
      expect(counted(run)).toMatchObject({ done: 2, failed: 1, filtered: 3 });
      expect(JSON.parse(run.result ?? "{}")).toMatchObject({ removed: 1 });
    });

    test("guesses passages and tokens within a factor of three", async () => {
      await writeAll();
      const guessed = await survey(toolsWith());
      await ingest(toolsWith());
      const real = await documents();
      const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
      const [passages, tokens] = [
        sum(guessed.map(({ estimate }) => estimate?.passages ?? 0)) / sum(real.map((each) => each.passages)),
        sum(guessed.map(({ estimate }) => estimate?.tokens ?? 0)) /
          sum(real.map(({ lineage }) => lineage?.tokens ?? 0)),
      ];
      for (const ratio of [passages, tokens]) {
        expect(ratio).toBeGreaterThan(1 / 3);
        expect(ratio).toBeLessThan(3);
      }
    });
  });

  test("what a document put into its temporary folder is gone with it", async () => {
    const storage = join(folder, "temp");
    const seen: string[] = [];
    const curious: DocumentType = {
      ...email,
      extract: async (file, options) => {
        const temp = await options.tempFolder();
        expect(await options.tempFolder()).toBe(temp);
        seen.push(temp);
        return email.extract(file, options);
      },
    };
    const own = createExtractor({ processes: 1, documentTypes: [curious], storage: { tempDir: storage } });
    writeFileSync(join(folder, "e.eml"), "From: me\n\nbody");
    writeFileSync(join(folder, "f.eml"), "From: me\nno body");
    expect(counted(await ingest(toolsWith({ extractor: own, extractions: undefined })))).toMatchObject({
      done: 1,
      failed: 1,
    });
    expect(seen).toHaveLength(2);
    expect(seen.every((path) => path.startsWith(storage))).toBe(true);
    expect(seen.filter(existsSync)).toEqual([]);
    await own.stop();
    expect(readdirSync(storage)).toEqual([]);
  });
});
