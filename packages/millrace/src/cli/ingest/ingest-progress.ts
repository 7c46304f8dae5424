/** How far an ingest is, as one line: documents and pages, the rate of pages, the time left, what failed. */
import { ItemMeter, type ItemProgress, isFinishedRun, type RunRow } from "@millrace/core";
import { INGEST_STEP } from "@millrace/rag";
import { type BarSigns, bar } from "../bar.ts";
import { count, spanRange } from "../words.ts";

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
    const isSealed = (counters["sealed"] ?? 0) > 0;
    const at = { isOver: isFinishedRun(run.state), nowMs };
    const documents = this.#documents.see({ counters, isSealed }, at);
    const pages = this.#pages.see({ counters: this.#countedInPages(counters), isSealed }, at);
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
  #countedInPages(counters: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
    const { pages = 0, unchangedPages = 0, expectedPages = 0 } = counters;
    const kept = pages + unchangedPages;
    this.#firstPages ??= kept;
    const read = Math.min(this.#firstPages + this.#pagesRead, expectedPages);
    const done = Math.max(kept, read);
    return { done, read: Math.max(expectedPages, done) };
  }
}

const BAR_WIDTH = 24;
const LEAST_BAR_WIDTH = 8;

/** One line of at most `columns` characters: parts that do not fit are left out, the bar first. */
export function progressLine(progress: IngestProgress, columns: number, signs: BarSigns): string {
  const parts = progressParts(progress);
  const share = shareOf(progress);
  for (let kept = parts.length; kept > 0; kept -= 1) {
    const text = parts.slice(0, kept).join(" · ");
    const room = columns - 1 - text.length - 2;
    if (share !== undefined && room >= LEAST_BAR_WIDTH) {
      return `${bar(share, Math.min(BAR_WIDTH, room), signs)}  ${text}`;
    }
    if (text.length < columns) return text;
  }
  return (parts[0] ?? "").slice(0, columns - 1);
}

/** The parts of the line, the most important first. */
export function progressParts(progress: IngestProgress): readonly string[] {
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

function ofTotal(done: number, total: number | undefined): string {
  return total === undefined ? count(done) : `${count(done)}/${count(total)}`;
}

function shareOf({ documents, totalDocuments, pages, totalPages }: IngestProgress): number | undefined {
  if (totalDocuments === undefined || totalPages === undefined) return undefined;
  if (totalDocuments === documents) return 1;
  return totalPages === 0 ? 0 : Math.min(1, pages / totalPages);
}
