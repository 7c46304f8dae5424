/** What tests of documents share: each kind of store, a folder, an extractor with a type more, and whole ingests. */
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
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
  type Extractor,
  hashLexicalV1,
  type IngestTools,
  ingestBatch,
  markdownSplitter,
} from "@millrace/rag";
import { testPostgresUrl } from "@millrace/testkit";
import { afterAll, beforeAll, beforeEach, describe } from "vitest";
import { loadSettings } from "../../packages/millrace/src/config/settings.ts";
import { createHome, type Home } from "../../packages/millrace/src/home/home.ts";
import { minimalDocx, paragraph } from "../../packages/rag/src/stages/extract/minimal-docx.fixture.ts";
import { minimalPdf } from "../../packages/rag/src/stages/extract/minimal-pdf.fixture.ts";

/** A signal that is never aborted. */
export const { signal }: AbortController = new AbortController();
const ESSAY = Array.from(
  { length: 40 },
  (_, n) => `Sentence ${n} tells of mills and of the water that moves them.`,
);

let place = "";
/** The test's own folder of documents. */
export let folder = "";
/** Reads the built-in types and `email`. */
let extractor: Extractor;
/** A type that this program adds: mails, by a value only. */
export const email: DocumentType = {
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
export function counting(): Extractor & { readonly read: string[] } {
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
    environment: () => ({ MILLRACE_STORE: `file:${join(place, `store-${Date.now()}`)}` }),
  },
  {
    name: "PostgreSQL",
    environment: () => ({
      MILLRACE_STORE: testPostgresUrl(),
      MILLRACE_STORE_SCHEMA: `stages_${randomBytes(6).toString("hex")}`,
    }),
  },
];

/** The store, and where documents go in it. */
export let home: Home;
/** The open store for clients of which each would open and close it. */
let shared: Store;

/** Every test has collections of its own. */
export let collection = "";

/** What an ingest works with, but for these parts. */
export function toolsWith(parts: Partial<IngestTools> = {}): IngestTools {
  return {
    extractor,
    splitter: markdownSplitter(),
    embedder: hashLexicalV1(),
    collections: home.collections,
    extractions: home.extractions,
    ...parts,
  };
}

/** A whole ingest of the folder, and its run. */
export async function ingest(
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

/** The counters of its documents. */
export const counted = (run: RunRow): Readonly<Record<string, number>> => run.counters["documents"] ?? {};
/** The documents of a collection. */
export const documents = (of = collection): Promise<readonly DocumentRecord[]> =>
  home.collections.documents(of, { limit: 100 });
/** Their paths below the folder. */
export const namesLeft = async (): Promise<readonly string[]> =>
  (await documents()).map(({ source }) => source.slice(folder.length + 1));

/** A document of each type, in words no other test has. */
export async function writeAll(): Promise<void> {
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

/** Registers tests for each kind of store. */
export function onEachHome(tests: () => void): void {
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

  describe.each(HOMES)("on $name", ({ environment }) => {
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
    beforeEach(() => {
      collection = `docs-${randomBytes(6).toString("hex")}`;
    });
    tests();
  });
}
