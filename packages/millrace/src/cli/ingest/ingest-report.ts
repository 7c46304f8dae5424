/** What an ingest did: the figures of `-o json`, and the same in words. */
import type { RunId, RunRow, Store } from "@millrace/core";
import { INGEST_STEP } from "@millrace/rag";
import { failureLines, failuresByReason } from "../run-here/run-failures.ts";
import { count, counted, megabytes } from "../words.ts";

/** The last line of `ingest -o json`. */
export interface IngestReport {
  /** All that were met: unchanged, ingested and failed. */
  readonly documents: number;
  readonly unchanged: number;
  readonly ingested: number;
  /** Files of other types, met in folders. */
  readonly ignored: number;
  readonly failed: number;
  /** Of the ingested documents. */
  readonly pages: number;
  readonly passages: number;
  /** Vectors of the passages that were found and not made; left out where there were none. */
  readonly cached?: number;
  /** Documents that left the collection because their files are gone; left out where there were none. */
  readonly removed?: number;
  /** How many documents failed, by reason. */
  readonly failures: Readonly<Record<string, number>>;
  /** From the command's start to the end of the run. */
  readonly seconds: number;
  /** Most memory held by this process and its children together. */
  readonly peakBytes: number;
}

/** The report of a run. */
export async function ingestReport(
  store: Store,
  run: RunRow,
  measured: Pick<IngestReport, "seconds" | "peakBytes">,
): Promise<IngestReport> {
  const counters = run.counters[INGEST_STEP] ?? {};
  const {
    done: ingested = 0,
    filtered: unchanged = 0,
    failed = 0,
    ignored = 0,
    pages = 0,
    passages = 0,
    cached = 0,
  } = counters;
  const removed = removedBy(run);
  return {
    documents: unchanged + ingested + failed,
    unchanged,
    ingested,
    ignored,
    failed,
    pages,
    passages,
    ...(cached > 0 ? { cached } : {}),
    ...(removed > 0 ? { removed } : {}),
    failures: failed === 0 ? {} : await failuresByReason(store, { run: run.id, step: INGEST_STEP }),
    seconds: Math.round(measured.seconds * 100) / 100,
    peakBytes: measured.peakBytes,
  };
}

/** What the run's last step, the clean-up, took away; it writes its result as JSON. */
function removedBy({ result }: RunRow): number {
  if (result === undefined) return 0;
  const { removed = 0 } = JSON.parse(result) as { readonly removed?: number };
  return removed;
}

/** The report for people. `run.before` is the run as the command found it: rates count only what came after. */
export function reportLines(
  report: IngestReport,
  run: { readonly id: RunId; readonly before: Pick<RunRow, "counters"> },
): readonly string[] {
  const { documents, unchanged, ingested, ignored, failed, removed = 0, failures } = report;
  if (unchanged > 0 && ingested === 0) return [unchangedLine(report), ...failureLines(failures, run.id)];
  const summary =
    `${counted(documents, "document")}: ${count(ingested)} ingested, ${count(unchanged)} unchanged, ${count(failed)} failed` +
    removedWords(removed) +
    (ignored === 0 ? "" : `; ${counted(ignored, "file")} of other types ignored`);
  const work = workLine(report, run.before.counters[INGEST_STEP] ?? {});
  return [summary, work, ...failureLines(failures, run.id)];
}

function removedWords(removed: number): string {
  return removed === 0 ? "" : `; ${counted(removed, "document")} of files that are gone removed`;
}

function unchangedLine({ documents, unchanged, failed, removed = 0, seconds }: IngestReport): string {
  const all = unchanged === documents ? "all" : `${count(unchanged)} of`;
  const rest = failed === 0 ? "" : `, ${count(failed)} failed`;
  return `nothing new: ${all} ${counted(documents, "document")} are unchanged${rest}${removedWords(removed)} (${seconds.toFixed(1)} s)`;
}

function workLine(
  { ingested, pages, passages, cached = 0, seconds, peakBytes }: IngestReport,
  { done: doneBefore = 0, pages: pagesBefore = 0 }: Readonly<Record<string, number>>,
): string {
  const memory = `peak memory ${megabytes(peakBytes)}`;
  if (ingested === doneBefore || seconds === 0) return `nothing new in ${seconds.toFixed(1)} s, ${memory}`;
  const perMinute = count(Math.round(((ingested - doneBefore) * 60) / seconds));
  const perSecond = count(Math.round((pages - pagesBefore) / seconds));
  const earlier = doneBefore === 0 ? "" : `; ${count(doneBefore)} of the documents were in before`;
  const found = cached === 0 ? "" : ` (${count(cached)} vectors found in the cache)`;
  return (
    `${counted(pages, "page")}, ${counted(passages, "passage")}${found} in ${seconds.toFixed(1)} s ` +
    `(${perMinute} documents/min, ${perSecond} pages/s${earlier}), ${memory}`
  );
}

/** What to say where a signal came before the run's end. */
export function interruptedLine(run: Pick<RunRow, "counters">): string {
  const { done = 0, filtered = 0, failed = 0, sealed = 0, read = 0 } = run.counters[INGEST_STEP] ?? {};
  const total = sealed > 0 ? ` of ${count(read)}` : "";
  return `interrupted: ${count(done + filtered + failed)}${total} documents are done and kept; run the same command again to go on`;
}
