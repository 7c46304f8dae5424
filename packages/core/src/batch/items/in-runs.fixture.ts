/** What tests of readers and writers in runs share: files, runs to their end, and ledgers. */
import { writeFileSync } from "node:fs";
import type { RunId } from "../../model/ids.ts";
import { isFinishedRun, type RunRow } from "../../model/run.ts";
import { type Scene, scene } from "../../testing/scene.fixture.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import type { RunHandle } from "../run/run-handle.ts";
import { testFolder } from "./reading.fixture.ts";

/** Numbered files in a folder of the test's own. */
export function runFolder() {
  const folder = testFolder();
  let turn = 0;
  const newPath = (ending: string): string => {
    turn += 1;
    return folder.path(`run-${turn}.${ending}`);
  };
  const written = (ending: string, content: string): string => {
    const path = newPath(ending);
    writeFileSync(path, content);
    return path;
  };
  return { ...folder, newPath, written };
}

/** The numbers from 1 to 40. */
export const NUMBERS = Array.from({ length: 40 }, (_, at) => at + 1);

/** Moves time until the run has ended. */
export async function ended(of: Scene<readonly []>, handle: RunHandle): Promise<RunRow> {
  for (let step = 0; step < 3_600; step += 1) {
    const row = await handle.row();
    if (isFinishedRun(row.state)) return row;
    await of.time.advance(1_000);
  }
  throw new Error(`run ${handle.id} does not end`);
}

/** A run of the pipeline, once it has ended. */
export async function finished(pipeline: Pipeline<object>, of: Scene<readonly []> = scene([pipeline])) {
  const handle = await of.mr.start(pipeline, {});
  const worker = of.mr.worker();
  const row = await ended(of, handle);
  return { of, handle, row, worker };
}

/** Rows of the step "load". */
export async function ledgerOf(of: Scene<readonly []>, run: RunId) {
  return (await of.store.items({ run, step: "load" }, { limit: 10_000 })).rows;
}
