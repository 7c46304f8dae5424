/** Writes one file from many chunks: each chunk adds parts, and a last step puts those that count together. */
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { MillraceError } from "../../model/errors.ts";
import type { RunId, Token } from "../../model/ids.ts";
import type { UndoContext, WriteContext } from "../contexts.ts";
import type { Writer } from "../definition.ts";
import { PartFiles } from "./part-files.ts";
import { writeWhole } from "./whole-file.ts";

/** What a merge came to. */
export interface MergedFile {
  readonly path: string;
  readonly records: number;
  readonly bytes: number;
}

/** What a merge has to know. */
export interface MergeContext {
  readonly run: RunId;
  /** Of the job that merges. */
  readonly fence: Token;
  readonly signal: AbortSignal;
  /** How many outputs the step has written, by its counters. */
  readonly written: number;
}

/** A writer whose outputs become one file. */
export interface FileWriter<Output> extends Writer<Output> {
  /** Puts the parts of a run together; see {@link mergeParts}. */
  merge(context: MergeContext): Promise<MergedFile>;
}

/** How outputs become a file's text. */
export interface FileFormat<Output> {
  /** At the start of the file. */
  readonly head: string;
  /** One output, with the end of its line. @throws what makes the output's item fail. */
  record(output: Output): string;
}

/** What the last merge left beside the parts. */
interface Merged {
  readonly records: number;
  readonly bytes: number;
  readonly fence: Token;
}

/** A file writer of a format. Parts lie in `<path>.parts/<run>` until they are merged. */
export function fileWriter<Output>(path: string, format: FileFormat<Output>): FileWriter<Output> {
  const file = resolve(path);
  const parts = new PartFiles(`${file}.parts`);
  return {
    write: async (outputs, context) => {
      const records = outputs.map((output, index) => ({
        position: Number(context.positions[index]), // there is one for each output
        text: format.record(output),
      }));
      await parts.add(placeOf(context), records);
    },
    undo: (positions, context) => parts.forget(placeOf(context), positions),
    merge: (context) => merge({ file, parts, head: format.head }, context),
  };
}

function placeOf({ run, chunk, fence }: UndoContext | WriteContext<unknown, unknown>) {
  return { run: run.id, chunk, fence };
}

interface Target {
  readonly file: string;
  readonly parts: PartFiles;
  readonly head: string;
}

/** How often another merge of the same run may get in the way. */
const MOST_TRIES = 5;

/** Another attempt of the task may be at it, one that does not know yet that it lost its lease: then its note counts. */
async function merge(target: Target, context: MergeContext): Promise<MergedFile> {
  for (let tried = 1; ; tried += 1) {
    const before = await noteOf(target, context);
    try {
      return await mergeBehind(target, context, before);
    } catch (error) {
      const isOvertaken = (await noteOf(target, context))?.fence !== before?.fence;
      if (context.signal.aborted || !isOvertaken || tried === MOST_TRIES) throw error;
    }
  }
}

/**
 * The file is moved to its place first, then what it holds is noted, then the parts are removed: whatever dies between,
 * the next merge comes to the same file. What a restart has added goes behind what was merged before.
 */
async function mergeBehind(
  target: Target,
  context: MergeContext,
  before: Merged | undefined,
): Promise<MergedFile> {
  const { file, parts } = target;
  const { run, fence } = context;
  const chunks = await parts.chunks(run);
  if (before !== undefined && chunks.length === 0 && before.records === context.written) {
    return { path: file, records: before.records, bytes: before.bytes };
  }
  const count = { records: before?.records ?? 0 };
  const bytes = await writeWhole(file, pieces(target, { ...context, before, chunks, count }), async () => {
    context.signal.throwIfAborted();
    if ((await noteOf(target, context))?.fence !== before?.fence) throw overtaken(file);
  });
  const merged: Merged = { records: count.records, bytes, fence };
  await writeWhole(notePath(target, context), [JSON.stringify(merged)]);
  for (const chunk of chunks) await parts.remove(run, chunk);
  return { path: file, records: count.records, bytes };
}

function overtaken(file: string): MillraceError {
  return new MillraceError("lease-lost", `${file} was merged by another attempt meanwhile`);
}

interface Merging extends MergeContext {
  readonly before: Merged | undefined;
  readonly chunks: Awaited<ReturnType<PartFiles["chunks"]>>;
  readonly count: { records: number };
}

async function* pieces(
  { file, parts, head }: Target,
  { run, signal, written, before, chunks, count }: Merging,
): AsyncGenerator<string | Uint8Array, void, void> {
  if (before === undefined) yield head;
  else yield* bytesOf(file, before.bytes);
  for (const chunk of chunks) {
    signal.throwIfAborted();
    for (const text of await parts.records(run, chunk, before?.fence)) {
      count.records += 1;
      yield text;
    }
  }
  if (count.records === written) return;
  throw new MillraceError(
    "bad-usage",
    `${file}: the step has written ${written} outputs, ${count.records} are here: ` +
      "all its workers must write to one folder, which nobody else touches",
    { details: { written, found: count.records } },
  );
}

async function* bytesOf(file: string, bytes: number): AsyncGenerator<Uint8Array, void, void> {
  const size = await stat(file).then(
    (stats) => stats.size,
    () => 0,
  );
  if (size < bytes) {
    throw new MillraceError(
      "bad-usage",
      `${file} has changed since its first parts were merged: start a new run`,
    );
  }
  if (bytes === 0) return;
  for await (const block of createReadStream(file, { end: bytes - 1 })) yield block as Buffer; // no encoding is set
}

function notePath({ parts }: Target, { run }: MergeContext): string {
  return join(parts.folderOf(run), "merged.json");
}

async function noteOf(target: Target, context: MergeContext): Promise<Merged | undefined> {
  try {
    return JSON.parse(await readFile(notePath(target, context), "utf8")) as Merged; // written by this file
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
