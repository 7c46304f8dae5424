/** A corpus to ingest and a run over it that nobody disturbs: what every killed one is compared with. */
import { cpSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Contents, firstRowMs } from "./contents.ts";
import { writeCorpus } from "./corpus.ts";
import { type IngestCommand, IngestProcess, type Report, reportOf } from "./ingest-process.ts";
import type { TestStore } from "./place.ts";

/** What is ingested: `folder` is changed during a test, `original` is not. Both are in `place`, to be removed. */
export interface Corpus {
  readonly place: string;
  readonly folder: string;
  readonly original: string;
}

/** How fast a process is that nobody kills. */
export interface Pace {
  /** From its start to its end, in ms. */
  readonly ms: number;
  /** From its start to its first ledger row, in ms. */
  readonly firstRowMs: number;
  /** Rows it writes. */
  readonly rows: number;
}

/** An undisturbed run. */
export interface Undisturbed {
  readonly contents: Contents;
  readonly report: Report;
  readonly pace: Pace;
}

/** Writes two copies. */
export function makeCorpus(seed: number, notes?: number): Corpus {
  const place = mkdtempSync(join(tmpdir(), "millrace-corpus-"));
  const [folder, original] = [join(place, "documents"), join(place, "original")];
  writeCorpus(original, seed, notes);
  cpSync(original, folder, { recursive: true });
  return { place, folder, original };
}

/** Ingests the folder to the end. */
export async function runUndisturbed({ folder }: Corpus, store: TestStore): Promise<Undisturbed> {
  return withIngest({ folder, ...store }, async (ingest) => {
    const report = reportOf(await ingest.ended);
    const ms = Date.now() - ingest.startedAtMs;
    const contents = await store.look();
    const rows = contents.runs.at(-1)?.ledger.size ?? 0;
    return {
      report,
      contents,
      pace: { ms, firstRowMs: firstRowMs(contents, ingest.startedAtMs) ?? ms, rows },
    };
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
