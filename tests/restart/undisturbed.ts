/** A corpus to ingest and a run over it that nobody disturbs: what every killed one is compared with. */
import { cpSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Contents } from "./contents.ts";
import { writeCorpus } from "./corpus.ts";
import { type IngestCommand, IngestProcess, type Report, reportOf } from "./ingest-process.ts";
import type { TestStore } from "./place.ts";

/** What is ingested: `folder` is changed during a test, `original` is not. Both are in `place`, to be removed. */
export interface Corpus {
  readonly place: string;
  readonly folder: string;
  readonly original: string;
}

/** An undisturbed run. */
export interface Undisturbed {
  readonly contents: Contents;
  readonly report: Report;
  /** From the process's start to its end. */
  readonly ms: number;
}

/** Writes two copies. */
export function makeCorpus(seed: number): Corpus {
  const place = mkdtempSync(join(tmpdir(), "millrace-corpus-"));
  const [folder, original] = [join(place, "documents"), join(place, "original")];
  writeCorpus(original, seed);
  cpSync(original, folder, { recursive: true });
  return { place, folder, original };
}

/** Ingests the folder to the end. */
export async function runUndisturbed({ folder }: Corpus, store: TestStore): Promise<Undisturbed> {
  return withIngest({ folder, ...store }, async (ingest) => {
    const report = reportOf(await ingest.ended);
    const ms = Date.now() - ingest.startedAtMs;
    return { report, ms, contents: await store.look() };
  });
}

/** Runs a process; nothing of it is left at the end. */
export async function withIngest<T>(
  command: IngestCommand,
  use: (ingest: IngestProcess) => Promise<T>,
): Promise<T> {
  const ingest = new IngestProcess(command);
  try {
    return await use(ingest);
  } finally {
    ingest.destroy();
  }
}
