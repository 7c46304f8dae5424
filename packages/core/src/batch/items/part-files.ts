/** What chunks wrote, in files of their own, each whole or absent, so that what counts can be told from what does not. */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { JobId, RunId, Token } from "../../model/ids.ts";
import { syncFolder, writeWhole } from "./whole-file.ts";

/** An attempt of a chunk. */
export interface PartPlace {
  readonly run: RunId;
  readonly chunk: JobId;
  /** Of the attempt: larger than that of any before. */
  readonly fence: Token;
}

/** A record as text, and where its item stands in the chunk. */
export interface PartRecord {
  readonly position: number;
  readonly text: string;
}

/** A record at a position, or word that none of those written there before counts. */
type PartLine = readonly [position: number, text: string] | readonly [position: number];

/** Digits of fences and numbers in names, so that names sort as these do. */
const FENCE_DIGITS = 20;
const NUMBER_DIGITS = 9;
const NAME = /^(\d{20})-\d{9}\.(part|void)$/;

/** The files of the runs that write to one place; many processes add to them, to a chunk one attempt at a time. */
export class PartFiles {
  readonly #folder: string;
  /** Files of one attempt are all written by one process: later ones have higher numbers. */
  #number = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The folder of a run. */
  folderOf(run: RunId): string {
    return join(this.#folder, run);
  }

  /** Adds records in one file, which is on the disk then. They take the place of what was written at their positions. */
  async add(place: PartPlace, records: readonly PartRecord[]): Promise<void> {
    await this.#makeFolder(place);
    const lines = records.map(({ position, text }): PartLine => [position, text]);
    await writeWhole(this.#pathOf(place, "part"), [textOf(lines)]);
  }

  /**
   * Has what was written at these positions not count, whether by this attempt or by an earlier one, and also what an
   * earlier one that does not know of its end writes later.
   */
  async forget(place: PartPlace, positions: readonly number[]): Promise<void> {
    const isFirst = await this.#makeFolder(place);
    const text = textOf(positions.map((position): PartLine => [position]));
    // Where nothing was written before, only a zombie's file could be left to count; that is not worth waiting for a disk.
    if (isFirst) await writeFile(this.#pathOf(place, "void"), text);
    else await writeWhole(this.#pathOf(place, "part"), [text]);
  }

  /** The chunks of a run that have files, in the order they were spawned. */
  async chunks(run: RunId): Promise<readonly JobId[]> {
    const names = await namesIn(this.folderOf(run));
    return names.filter((name) => name.length === ID_LENGTH) as JobId[]; // folders made by `add` and `forget`
  }

  /** A chunk's records in the order of its items, as attempts with fences above `after` left them. */
  async records(run: RunId, chunk: JobId, after: Token | undefined): Promise<readonly string[]> {
    const records = new Map<number, string | undefined>();
    for (const name of await namesIn(join(this.folderOf(run), chunk))) {
      const [, fence, kind] = NAME.exec(name) ?? [];
      if (fence === undefined || fence <= padded(after ?? "0", FENCE_DIGITS)) continue;
      const lines = linesOf(await readFile(join(this.folderOf(run), chunk, name), "utf8"), kind === "void");
      for (const [position, text] of lines) records.set(position, text);
    }
    const inOrder = [...records].sort(([left], [right]) => left - right);
    return inOrder.flatMap(([, text]) => (text === undefined ? [] : [text]));
  }

  /** Removes a chunk's files. */
  async remove(run: RunId, chunk: JobId): Promise<void> {
    await rm(join(this.folderOf(run), chunk), { recursive: true, force: true });
  }

  /** Whether there was none before. */
  async #makeFolder({ run, chunk }: PartPlace): Promise<boolean> {
    const folder = join(this.folderOf(run), chunk);
    const made = await mkdir(folder, { recursive: true });
    if (made === undefined) return false;
    for (let at = folder; at.length >= made.length; at = dirname(at)) await syncFolder(dirname(at));
    return true;
  }

  #pathOf({ run, chunk, fence }: PartPlace, kind: "part" | "void"): string {
    this.#number += 1;
    const name = `${padded(fence, FENCE_DIGITS)}-${padded(String(this.#number), NUMBER_DIGITS)}.${kind}`;
    return join(this.folderOf(run), chunk, name);
  }
}

const ID_LENGTH = 36;

function padded(digits: string, length: number): string {
  return digits.padStart(length, "0");
}

function textOf(lines: readonly PartLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

/** A file that was not waited for may end anywhere after a power cut. */
function linesOf(text: string, mayBeCut: boolean): readonly PartLine[] {
  const whole = mayBeCut ? text.slice(0, text.lastIndexOf("\n") + 1) : text;
  return whole
    .split("\n")
    .filter((line) => line !== "" && !line.includes("\0"))
    .map((line) => JSON.parse(line) as PartLine); // written by this file
}

/** Sorted; none where there is no such folder. */
async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
