/** The PDF pipeline's acceptance list: documents to a searchable collection, restartable, in little memory. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  canonicalRoots,
  createExtractor,
  hashLexicalV1,
  INGEST_STEP,
  ingestBatch,
  markdownSplitter,
} from "@millrace/rag";
import { type Millrace, millrace, openCollections, type RunHandle, type RunProgress } from "millrace";
import { Acceptance, must, until } from "../shared/acceptance.ts";
import { watchTree } from "../shared/tree-memory.ts";
import { pdfName, rewrite, writeSamples } from "./sample-files.ts";

const PDFS = 60;
/** All samples, the broken one among them. */
const DOCUMENTS = PDFS + 3;
const COLLECTION = "mills";
const LEAST_PER_MINUTE = 100;
const MOST_BYTES = 2_000_000_000;
const RESUME_MS = 30_000;
const STATUS_MS = 100;

/** Runs the list; gives what was tried. `store` is the URL of an empty store. */
export async function run(store: string, print?: (line: string) => void): Promise<Acceptance> {
  const list = new Acceptance("PDF to RAG (S1)", print);
  const folder = await mkdtemp(join(tmpdir(), "millrace-example-"));
  await writeSamples(folder, PDFS);
  const library = await Library.open(store, folder);
  try {
    await firstIngest(list, library);
    await searching(list, library);
    await changes(list, library, folder);
    await interruption(list, library, folder);
  } finally {
    await library.close();
    await rm(folder, { recursive: true, force: true });
  }
  list.sum();
  return list;
}

type Home = Awaited<ReturnType<typeof openCollections>>;

/** The collection, the tools that fill it, and a client with them. */
class Library {
  readonly home: Home;
  readonly mr: Millrace;
  readonly #roots: readonly string[];
  readonly #extractor = createExtractor();
  readonly #embedder = hashLexicalV1();
  readonly #batch: ReturnType<typeof ingestBatch>;

  private constructor(home: Home, roots: readonly string[]) {
    this.home = home;
    this.#roots = roots;
    this.#batch = ingestBatch({
      ...home,
      extractor: this.#extractor,
      splitter: markdownSplitter(),
      embedder: this.#embedder,
    });
    this.mr = millrace({ store: home.store, jobs: [this.#batch] });
  }

  static async open(store: string, folder: string): Promise<Library> {
    const library = new Library(await openCollections({ store }), await canonicalRoots([folder]));
    const { model, dimensions } = library.#embedder;
    await library.home.collections.ensure({ name: COLLECTION, model, dimensions });
    return library;
  }

  start(): Promise<RunHandle> {
    return this.mr.start(this.#batch, { collection: COLLECTION, roots: this.#roots });
  }

  async search(text: string): Promise<readonly { readonly source: string; readonly text: string }[]> {
    const [vector] = await this.#embedder.embed([text], { signal: new AbortController().signal });
    must(vector !== undefined, "no vector");
    return this.home.collections.search(COLLECTION, { mode: "hybrid", vector, text, limit: 3 });
  }

  async close(): Promise<void> {
    await this.mr.close();
    await this.#extractor.stop();
  }
}

async function firstIngest(list: Acceptance, library: Library): Promise<void> {
  const worker = library.mr.worker();
  const looks: RunProgress[] = [];
  const statusMs: number[] = [];
  const memory = watchTree();
  const beganMs = performance.now();
  const handle = await library.start();
  for await (const progress of handle.progress()) {
    looks.push(progress);
    const askedMs = performance.now();
    await handle.row();
    statusMs.push(performance.now() - askedMs);
  }
  const seconds = (performance.now() - beganMs) / 1_000;
  const peakBytes = await memory.stop();
  const { state, counters } = await handle.row();
  const counts = counters[INGEST_STEP] ?? {};
  await list.check(`${DOCUMENTS} documents at once, ${LEAST_PER_MINUTE} a minute or more`, () => {
    const perMinute = (DOCUMENTS * 60) / seconds;
    must(counts["read"] === DOCUMENTS && perMinute >= LEAST_PER_MINUTE, `${perMinute} of ${counts["read"]}`);
    return `${Math.round(perMinute)} a minute, ${counts["pages"]} pages`;
  });
  await list.check("what cannot be read fails alone, with its class and reason", async () => {
    const failed: string[] = [];
    for await (const { key, errorClass, reason } of handle.items(INGEST_STEP, { states: ["failed"] }))
      failed.push(`${key.split("/").at(-1)}: ${errorClass}, ${reason}`);
    must(state === "partial" && failed.length === 1, `${state}: ${failed.join()}`);
    return failed.join();
  });
  await list.check("progress was told while it went on, to its end", () => {
    const last = looks.at(-1);
    must(last?.done === DOCUMENTS && last.total === DOCUMENTS, JSON.stringify(last));
    return `${looks.length} looks, the last ${last.done} of ${last.total}`;
  });
  await list.check("no sound file fails, and memory stays under 2 GB", () => {
    must(counts["failed"] === 1 && peakBytes < MOST_BYTES, `${counts["failed"]} failed, ${peakBytes} bytes`);
    return `${Math.round(peakBytes / 1e6)} MB at most, in this process and its parsers`;
  });
  await list.check("status is told within 100 ms while documents are read", () => {
    const sorted = statusMs.toSorted((a, b) => a - b);
    const usualMs = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
    must(usualMs < STATUS_MS, statusMs.join());
    return `${usualMs.toFixed(1)} ms usually, ${sorted.at(-1)?.toFixed(1)} ms at most, in ${sorted.length} looks`;
  });
  await worker.stop();
}

async function searching(list: Acceptance, library: Library): Promise<void> {
  await list.check("a question finds the passage, by words and by vectors", async () => {
    const [flour] = await library.search("flour in mills of the valley");
    const [tides] = await library.search("tide mills");
    must(flour?.text.includes("flour") === true, flour?.text ?? "nothing");
    must(tides?.source.endsWith("about.html") === true, tides?.source ?? "nothing");
    return `"${flour.text.trim().slice(0, 60)}…"; ${tides.source.split("/").at(-1)}`;
  });
  await list.check("of each document is kept how it was made", async () => {
    const documents = await library.home.collections.documents(COLLECTION, { limit: 1_000 });
    const lineage = documents[0]?.lineage;
    must(documents.length === DOCUMENTS - 1 && lineage !== undefined, JSON.stringify(documents[0]));
    return `${documents.length} documents; ${lineage.model}, ${lineage.tokens} tokens, ${JSON.stringify(lineage.ms)} ms`;
  });
}

async function changes(list: Acceptance, library: Library, folder: string): Promise<void> {
  await list.check(
    "ingested again, only what has changed is read, and what has vanished is taken out",
    async () => {
      await rewrite(folder, 0, "Document 0 is about eels now.");
      await rm(join(folder, pdfName(1)));
      const worker = library.mr.worker();
      const handle = await library.start();
      const { counters, result } = await handle.finished();
      await worker.stop();
      const { done, filtered } = counters[INGEST_STEP] ?? {};
      must(done === 1 && filtered === DOCUMENTS - 3, JSON.stringify(counters));
      const [eels] = await library.search("eels");
      must(eels?.text.includes("eels") === true, eels?.text ?? "nothing");
      return `${done} read, ${filtered} unchanged, clean-up ${result}`;
    },
  );
}

async function interruption(list: Acceptance, library: Library, folder: string): Promise<void> {
  await list.check(
    "an ingest that is stopped goes on where it was, within 30 s, and loses nothing",
    async () => {
      for (let n = 100; n < 100 + PDFS; n += 1) await rewrite(folder, n, `Document ${n} is about swans.`);
      const first = library.mr.worker({ concurrency: 2 });
      const handle = await library.start();
      await until("some documents", async () => ((await doneOf(handle)) > 0 ? true : undefined));
      await first.stop();
      const before = await doneOf(handle);
      const resumedMs = performance.now();
      library.mr.worker();
      await until("another document", async () => ((await doneOf(handle)) > before ? true : undefined));
      const waitedMs = performance.now() - resumedMs;
      const { counters } = await handle.finished();
      must(waitedMs < RESUME_MS && counters[INGEST_STEP]?.["done"] === PDFS, JSON.stringify(counters));
      return `${before} done before, the next after ${Math.round(waitedMs)} ms, ${PDFS} in all`;
    },
  );
}

/** Documents that were read and are in the collection. */
async function doneOf(handle: RunHandle): Promise<number> {
  const { counters } = await handle.row();
  return counters[INGEST_STEP]?.["done"] ?? 0;
}
