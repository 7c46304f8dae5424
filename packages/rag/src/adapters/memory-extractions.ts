/** Extracted text in this process's memory, deflated as in a database. */
import type { ExtractionKey, Extractions } from "../ports/extractions.ts";
import type { ExtractedDocument } from "../ports/extractor.ts";
import { bodyOf, extractedOf } from "./extraction-body.ts";

interface Kept {
  readonly key: ExtractionKey;
  readonly body: Buffer;
  readonly savedAtMs: number;
}

/** Kept texts of {@link MemoryCollections}. */
export class MemoryExtractions implements Extractions {
  readonly #kept = new Map<string, Kept>();
  readonly #isReferred: (key: ExtractionKey) => boolean;
  readonly #now: () => number;

  /** @param collections whose documents refer to texts. */
  constructor(collections: { refersTo(key: ExtractionKey): boolean }, now: () => number = Date.now) {
    this.#isReferred = (key) => collections.refersTo(key);
    this.#now = now;
  }

  async find(key: ExtractionKey): Promise<ExtractedDocument | undefined> {
    const kept = this.#kept.get(nameOf(key));
    return kept === undefined ? undefined : extractedOf(kept.body);
  }

  async save(key: ExtractionKey, document: ExtractedDocument): Promise<void> {
    const body = await bodyOf(document);
    this.#kept.set(nameOf(key), { key, body, savedAtMs: this.#now() });
  }

  async clean({ keepMs }: { readonly keepMs: number }): Promise<number> {
    const gone = [...this.#kept].filter(
      ([, { key, savedAtMs }]) => savedAtMs <= this.#now() - keepMs && !this.#isReferred(key),
    );
    return gone.filter(([name]) => this.#kept.delete(name)).length;
  }
}

function nameOf({ hash, format, version }: ExtractionKey): string {
  return JSON.stringify([hash, format, version]);
}
