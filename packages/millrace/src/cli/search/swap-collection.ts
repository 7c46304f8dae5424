/** The command `collections swap --to`: has another model take over a collection, and follows that to its end. */
import { MillraceError, type RunId, type RunState } from "@millrace/core";
import { type Collections, SWAP_STEP, swapBatch } from "@millrace/rag";
import { configuredModels } from "../../models.ts";
import { type BulkFlags, type BulkPlan, workInBulk } from "../bulk/bulk-command.ts";
import { toldHolds } from "../bulk/model-holds.ts";
import { failureLines, failuresByReason } from "../run-here/run-failures.ts";
import type { Shell } from "../shell.ts";
import { count, megabytes } from "../words.ts";

/** The last line of `collections swap --to … -o json`. */
interface SwapReport {
  readonly run: RunId;
  readonly state: RunState;
  readonly collection: string;
  readonly model: string;
  /** Whether the collection is the new model's now. */
  readonly switched: boolean;
  /** Documents, and groups of items, that have new vectors by this run. */
  readonly done: number;
  readonly vectors: number;
  readonly failed: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly peakBytes: number;
}

/** Begins the swap, or goes on with it. @throws MillraceError `not-found` naming the models there are, `conflict` */
export async function swapCollection(
  shell: Shell,
  name: string,
  { to, ...flags }: BulkFlags & { readonly to: string },
): Promise<number> {
  const models = await configuredModels(shell.settings);
  try {
    const embedder = models.embedder(to);
    return await workInBulk(shell, flags, async ({ mr, home: { collections } }) => {
      models.keepLimitsIn(toldHolds(mr.limits, shell.terminal));
      await refuse(collections, name, embedder.model);
      const batch = swapBatch({ collections, embedder });
      const report = reportOf(name, embedder.model);
      return { verb: "swap", batch, params: { collection: name }, step: SWAP_STEP, report };
    });
  } finally {
    await models.close();
  }
}

async function refuse(collections: Collections, name: string, model: string): Promise<void> {
  const [shape, begun] = await Promise.all([collections.shape(name), collections.swaps.swapOf(name)]);
  if (shape === undefined)
    throw new MillraceError("not-found", `there is no collection "${name}": see "millrace collections ls"`);
  if (shape.model === model)
    throw new MillraceError("conflict", `collection "${name}" has the vectors of ${model} already`);
  if (begun === undefined || begun.model === model) return;
  throw new MillraceError(
    "conflict",
    `a swap of collection "${name}" to ${begun.model} is under way: go on with that, or drop it with --abandon`,
  );
}

function reportOf(collection: string, model: string): BulkPlan<unknown>["report"] {
  return async (store, { run }, { seconds, peakBytes }) => {
    const { done = 0, vectors = 0, failed = 0 } = run.counters[SWAP_STEP] ?? {};
    const record: SwapReport = {
      ...{ run: run.id, state: run.state, collection, model },
      switched: hasSwitched(run.result),
      ...{ done, vectors, failed },
      failures: failed === 0 ? {} : await failuresByReason(store, { run: run.id, step: SWAP_STEP }),
      seconds: Math.round(seconds * 100) / 100,
      peakBytes,
    };
    return { record, lines: linesOf(record) };
  };
}

function hasSwitched(result = "{}"): boolean {
  return (JSON.parse(result) as { readonly switched?: number }).switched === 1; // what the batch's last step gave
}

function linesOf(report: SwapReport): readonly string[] {
  const { collection, model, switched, vectors, failed, seconds, peakBytes, failures, run } = report;
  const end = switched ? `has the vectors of ${model} now` : "stays as it is: run the command again to go on";
  return [
    `collection ${collection} ${end}`,
    `${count(vectors)} vectors made, ${count(failed)} failed, ${seconds.toFixed(1)} s, peak memory ${megabytes(peakBytes)}`,
    ...failureLines(failures, run),
  ];
}
