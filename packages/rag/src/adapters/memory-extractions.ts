/** Extracted text in this process's memory, deflated as in a database. */
import { type ExtractionKey, type Extractions, extractionName } from "../ports/extractions.ts";
import type { ExtractedDocument } from "../ports/extractor.ts";
import { bodyOf, extractedOf } from "./extraction-body.ts";

interface Kept {
  readonly body: Buffer;
  readonly savedAtMs: number;
}

/** Kept texts of {@link MemoryCollections}. */
export class MemoryExtractions implements Extractions {
  readonly #kept = new Map<string, Kept>();
  readonly #collections: { references(): ReadonlySet<string> };
  readonly #now: () => number;

  /** @param collections whose documents refer to texts. */
  constructor(collections: { references(): ReadonlySet<string> }, now: () => number = Date.now) {
    this.#collections = collections;
    this.#now = now;
  }

  async find(key: ExtractionKey): Promise<ExtractedDocument | undefined> {
    const kept = this.#kept.get(extractionName(key));
    return kept === undefined ? undefined : extractedOf(kept.body);
  }

  async save(key: ExtractionKey, document: ExtractedDocument): Promise<void> {
    const body = await bodyOf(document);
    this.#kept.set(extractionName(key), { body, savedAtMs: this.#now() });
  }

  async clean({ keepMs }: { readonly keepMs: number }): Promise<number> {
    const references = this.#collections.references();
    const olderThanMs = this.#now() - keepMs;
    const gone = [...this.#kept].filter(
      ([name, { savedAtMs }]) => savedAtMs <= olderThanMs && !references.has(name),
    );
    return gone.filter(([name]) => this.#kept.delete(name)).length;
  }
}
