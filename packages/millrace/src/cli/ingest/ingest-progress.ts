/** How far an ingest is, as one line: documents and pages, the rate of pages, the time left, what failed. */
import { countsOf, ItemMeter, type ItemProgress, isFinishedRun, type RunRow } from "@millrace/core";
import { INGEST_STEP } from "@millrace/rag";
import type { ProgressWords } from "../progress-display.ts";
import { count, ofTotal, spanRange } from "../words.ts";

/** What the line shows. */
export interface IngestProgress {
  readonly documents: number;
  /** Absent until every folder has been read. */
  readonly totalDocuments: number | undefined;
  readonly pages: number;
  readonly totalPages: number | undefined;
  readonly pagesPerSecond: number;
  readonly eta: ItemProgress["eta"];
  readonly failed: number;
}

/** Turns snapshots of the run into progress, with rate and time left counted in pages. */
export class IngestMeter {
  readonly #documents = new ItemMeter();
  readonly #pages = new ItemMeter();
  #firstPages: number | undefined;
  #pagesRead = 0;

  /** Pages were read in this process. They count from now on, long before their document is in the ledger. */
  read(delta: number): void {
    this.#pagesRead += delta;
  }

  /** Takes the next snapshot; `nowMs` is monotonic. */
  see(run: RunRow, nowMs: number): IngestProgress {
    const counters = run.counters[INGEST_STEP] ?? {};
    const at = { isOver: isFinishedRun(run.state), nowMs };
    const documents = this.#documents.see(countsOf(counters), at);
    const inPages = this.#countedInPages(counters);
    const total = documents.total === undefined ? undefined : inPages.read;
    const pages = this.#pages.see({ counters: inPages, total }, at);
    return {
      documents: documents.done,
      totalDocuments: documents.total,
      pages: pages.done,
      totalPages: pages.total,
      pagesPerSecond: pages.itemsPerSecond,
      eta: pages.eta,
      failed: documents.failed,
    };
  }

  /** The counters with pages as items, those of unchanged documents among them. */
  #countedInPages(counters: Readonly<Record<string, number>>): {
    readonly done: number;
    readonly read: number;
  } {
    const { pages = 0, unchangedPages = 0, expectedPages = 0 } = counters;
    const kept = pages + unchangedPages;
    this.#firstPages ??= kept;
    const read = Math.min(this.#firstPages + this.#pagesRead, expectedPages);
    const done = Math.max(kept, read);
    return { done, read: Math.max(expectedPages, done) };
  }
}

/** What a display shows of it. */
export function ingestWords(progress: IngestProgress): ProgressWords {
  return { parts: progressParts(progress), share: shareOf(progress) };
}

function progressParts(progress: IngestProgress): readonly string[] {
  const { documents, totalDocuments, pages, totalPages, pagesPerSecond, eta, failed } = progress;
  return [
    `${ofTotal(documents, totalDocuments)} documents`,
    `${ofTotal(pages, totalPages)} pages`,
    ...(failed === 0 ? [] : [`${count(failed)} failed`]),
    ...(pagesPerSecond < 0.5 ? [] : [`${count(Math.round(pagesPerSecond))} pages/s`]),
    ...(eta === undefined || totalDocuments === documents
      ? []
      : [`${spanRange(eta.lowMs, eta.highMs)} left`]),
  ];
}

function shareOf({ documents, totalDocuments, pages, totalPages }: IngestProgress): number | undefined {
  if (totalDocuments === undefined || totalPages === undefined) return undefined;
  if (totalDocuments === documents) return 1;
  return totalPages === 0 ? 0 : Math.min(1, pages / totalPages);
}
