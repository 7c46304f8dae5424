// Owns the peer: LangChain JS over the same files, its PDFLoader, recursive splitter and in-memory vector store,
// with millrace's own offline embedder, so that both spend the same on embedding.
// node peer.mjs <1|2> <pdf…>: with pdf-parse 1 or 2, the two majors PDFLoader supports.
import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import { PDFLoader } from "@langchain/community/document_loaders/fs/pdf";
import { Embeddings } from "@langchain/core/embeddings";
import { RecursiveCharacterTextSplitter } from "@langchain/textsplitters";
import { hashLexicalV1 } from "../../packages/rag/dist/index.js";

/** How PDFLoader imports each major itself; 2 is what it finds under its usual name. */
const LOADER_OPTIONS = {
  1: {
    pdfjs: async () => {
      const { default: pdfjs } = await import("pdf-parse-1/lib/pdf.js/v1.10.100/build/pdf.js");
      return { isV2: false, getDocument: pdfjs.getDocument, version: pdfjs.version };
    },
  },
  2: {},
};

/** Hands vectors on as they come: copying them to plain arrays would only slow the peer down. */
class HashLexical extends Embeddings {
  #embedder = hashLexicalV1();

  constructor() {
    super({});
  }

  async embedDocuments(texts) {
    const vectors = [];
    for (let start = 0; start < texts.length; start += this.#embedder.maxInputs) {
      const some = texts.slice(start, start + this.#embedder.maxInputs);
      vectors.push(...(await this.#embedder.embed(some, { signal: new AbortController().signal })));
    }
    return vectors;
  }

  async embedQuery(text) {
    return (await this.embedDocuments([text]))[0];
  }
}

async function ingest(files, loaderOptions) {
  const splitter = new RecursiveCharacterTextSplitter({ chunkSize: 1000, chunkOverlap: 200 });
  const store = new MemoryVectorStore(new HashLexical());
  let pages = 0;
  for (const file of files) {
    const documents = await new PDFLoader(file, loaderOptions).load();
    pages += documents[0]?.metadata.pdf.totalPages ?? 0; // a document without text comes back empty
    await store.addDocuments(await splitter.splitDocuments(documents));
  }
  return { documents: files.length, pages, passages: store.memoryVectors.length };
}

const [major = "2", ...files] = process.argv.slice(2);
const started = performance.now();
const counts = await ingest(files, LOADER_OPTIONS[major]);
const seconds = (performance.now() - started) / 1000;
const rates = { docsPerMinute: (counts.documents / seconds) * 60, pagesPerSecond: counts.pages / seconds };
const peakBytes = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ ...counts, seconds, ...rates, peakBytes }));
