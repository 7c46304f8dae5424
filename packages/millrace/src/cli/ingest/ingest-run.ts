/** One ingest, from the open store to its end: starts or continues the run, works on it, follows it, lets go. */
import type { RunRow } from "@millrace/core";
import { cleanupMode, type IngestParams, ingestBatch } from "@millrace/rag";
import { openRun, type RunHere, type WorkedRun, workOnRun } from "../run-here/work-on-run.ts";
import type { Shell } from "../shell.ts";
import { IngestMeter, type IngestProgress } from "./ingest-progress.ts";
import { ingestTools, type Reading } from "./ingest-tools.ts";

/** What an ingest works with, and whom it tells. */
export interface IngestParts extends RunHere {
  readonly params: IngestParams;
  readonly reading: Reading;
  onProgress(progress: IngestProgress): void;
}

/** Starts or continues the run and sees it through. @throws the store's error that ended it. */
export async function runIngest(parts: IngestParts): Promise<WorkedRun> {
  const { home, shell, params } = parts;
  const meter = new IngestMeter();
  const tools = ingestTools(home, parts.reading, (delta) => meter.read(delta));
  const notice = await home.collections.prepare();
  if (notice !== undefined) shell.terminal.say("warn", notice);
  const { model, dimensions } = tools.embedder;
  await home.collections.ensure({ name: params.collection, model, dimensions });
  const batch = ingestBatch(tools);
  const { row: before, isContinued } = await openRun(parts, batch, params);
  if (isContinued) warnOfMode(shell, before, params);
  const onSnapshot = (run: RunRow): void => parts.onProgress(meter.see(run, performance.now()));
  return { before, run: await workOnRun({ ...parts, onSnapshot }, batch, before.id) };
}

/** A run's parameters are those it began with. */
function warnOfMode({ terminal }: Shell, row: RunRow, params: IngestParams): void {
  const begun = cleanupMode((JSON.parse(row.params) as IngestParams).cleanup); // written by the batch
  const wanted = cleanupMode(params.cleanup);
  if (begun === wanted) return;
  terminal.say(
    "warn",
    `it began with the clean-up mode ${begun} and goes on with it; run again for ${wanted}`,
  );
}
