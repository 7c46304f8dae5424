/** What bulk work did: the figures of `-o json`, and the same in words. */
import type { RunId, RunRow, RunState, Store } from "@millrace/core";
import { BULK_STEPS } from "@millrace/rag";
import { failureLines, failuresByReason } from "../run-here/run-failures.ts";
import type { WorkedRun } from "../run-here/work-on-run.ts";
import { count, counted, megabytes } from "../words.ts";
import type { BulkMeasures, BulkPlan } from "./bulk-command.ts";

/** The last line of `embed -o json` and `insert -o json`. */
interface BulkReport {
  readonly run: RunId;
  readonly state: RunState;
  readonly collection: string;
  /** All that were read: done, repeated and failed. */
  readonly items: number;
  readonly done: number;
  /** Passed over, for their id comes again later. */
  readonly repeated: number;
  readonly failed: number;
  /** Of those done: new ids, and ids that were in the collection. */
  readonly inserted: number;
  readonly updated: number;
  /** How many items failed, by reason. */
  readonly failures: Readonly<Record<string, number>>;
  /** From the command's start to the end of the run. */
  readonly seconds: number;
  /** Of the items that this command has worked on. */
  readonly itemsPerMinute: number;
  /** Most memory held by this process. */
  readonly peakBytes: number;
}

const PER_MINUTE = 60;

/** The report of a run over a file's items, into this collection. */
export function itemsReport(collection: string): BulkPlan<unknown>["report"] {
  return async (store, worked, measured) => {
    const record = await bulkReport(store, worked, { collection, ...measured });
    return { record, lines: bulkLines(record) };
  };
}

async function bulkReport(
  store: Store,
  { run, before }: WorkedRun,
  { collection, seconds, peakBytes }: BulkMeasures & Pick<BulkReport, "collection">,
): Promise<BulkReport> {
  const { done = 0, filtered = 0, failed = 0, inserted = 0, updated = 0 } = itemCounters(run);
  const here = settledOf(run) - settledOf(before);
  const failures = failed === 0 ? {} : await failuresByReason(store, { run: run.id, step: BULK_STEPS.items });
  return {
    run: run.id,
    state: run.state,
    collection,
    items: settledOf(run),
    done,
    repeated: filtered,
    failed,
    inserted,
    updated,
    failures,
    seconds: Math.round(seconds * 100) / 100,
    itemsPerMinute: seconds === 0 ? 0 : Math.round((here * PER_MINUTE) / seconds),
    peakBytes,
  };
}

/** The report for people. */
function bulkLines(report: BulkReport): readonly string[] {
  const { collection, items, done, repeated, failed, inserted, updated, failures } = report;
  const { run, seconds, itemsPerMinute, peakBytes } = report;
  const passedOver = repeated === 0 ? "" : `, ${count(repeated)} passed over, whose ids come again`;
  return [
    `${counted(items, "item")}: ${count(done)} in collection ${collection} (${count(inserted)} new, ` +
      `${count(updated)} updated)${passedOver}, ${count(failed)} failed`,
    `${seconds.toFixed(1)} s, ${count(itemsPerMinute)} items/min, peak memory ${megabytes(peakBytes)}`,
    ...failureLines(failures, run),
  ];
}

/** What to say where a signal came before the run's end. */
export function bulkInterruptedLine({ counters }: Pick<RunRow, "counters">, step: string): string {
  const { sealed = 0, read = 0, done = 0, filtered = 0, failed = 0 } = counters[step] ?? {};
  const total = sealed > 0 ? ` of ${count(read)}` : "";
  return `interrupted: ${count(done + filtered + failed)}${total} items are done and kept; run the same command again to go on`;
}

function itemCounters(run: Pick<RunRow, "counters">): Readonly<Record<string, number>> {
  return run.counters[BULK_STEPS.items] ?? {};
}

function settledOf(run: Pick<RunRow, "counters">): number {
  const { done = 0, filtered = 0, failed = 0 } = itemCounters(run);
  return done + filtered + failed;
}
