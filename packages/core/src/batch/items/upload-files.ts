/** The files of an upload: its items in the order they came, and an index of their keys and ends. */
import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { MillraceError } from "../../model/errors.ts";
import { DIGEST_BYTES, DigestSet } from "./digest-set.ts";
import { writeWhole } from "./whole-file.ts";

/** An item's line, as it is kept. */
export interface SpooledLine {
  /** Of its key. */
  readonly digest: Buffer;
  readonly line: Buffer;
}

/** What an upload was sealed with. */
export interface Seal {
  readonly items: number;
  readonly bytes: number;
}

/** Of one entry of the index: a digest, and where in the spool its line ends. */
const ENTRY_BYTES: number = DIGEST_BYTES + 8;
const ENTRIES_AT_ONCE = 4_096;

/** Where an upload's items are. */
export function spoolOf(folder: string): string {
  return join(folder, "items.ndjson");
}

/** What it was sealed with; `undefined` while it is not. @throws what the file system throws. */
export async function sealOf(folder: string): Promise<Seal | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, "sealed.json"), "utf8")) as Seal; // written by this file
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** The open files. A line counts once its entry is on the disk, whatever comes behind it. */
export class UploadFiles {
  readonly folder: string;
  readonly #spool: FileHandle;
  readonly #index: FileHandle;
  readonly #known: DigestSet;
  #bytes: number;

  private constructor(
    folder: string,
    files: { spool: FileHandle; index: FileHandle; known: DigestSet; bytes: number },
  ) {
    this.folder = folder;
    this.#spool = files.spool;
    this.#index = files.index;
    this.#known = files.known;
    this.#bytes = files.bytes;
  }

  /** Opens them, made where they are missing; what was cut off in the middle of a write is cut away. */
  static async open(folder: string): Promise<UploadFiles> {
    await mkdir(folder, { recursive: true });
    const flags = constants.O_RDWR | constants.O_CREAT;
    const spool = await open(spoolOf(folder), flags, 0o600);
    const index = await open(join(folder, "items.index"), flags, 0o600);
    try {
      const { known, bytes } = await readIndex(index, (await spool.stat()).size);
      await spool.truncate(bytes);
      await index.truncate(known.size * ENTRY_BYTES);
      return new UploadFiles(folder, { spool, index, known, bytes });
    } catch (error) {
      await Promise.all([spool.close(), index.close()]);
      throw error;
    }
  }

  get items(): number {
    return this.#known.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  has(digest: Buffer): boolean {
    return this.#known.has(digest);
  }

  /** Adds lines, all with digests not there yet; they are on the disk when it resolves. */
  async append(lines: readonly SpooledLine[]): Promise<void> {
    if (lines.length === 0) return;
    await this.#requireSole();
    const entries = Buffer.alloc(lines.length * ENTRY_BYTES);
    let end = this.#bytes;
    for (const [at, { digest, line }] of lines.entries()) {
      end += line.byteLength;
      digest.copy(entries, at * ENTRY_BYTES);
      entries.writeBigUInt64LE(BigInt(end), at * ENTRY_BYTES + DIGEST_BYTES);
    }
    await writeAll(this.#spool, Buffer.concat(lines.map(({ line }) => line)), this.#bytes);
    await this.#spool.datasync();
    await writeAll(this.#index, entries, this.items * ENTRY_BYTES);
    await this.#index.datasync();
    for (const { digest } of lines) this.#known.add(digest);
    this.#bytes = end;
  }

  async seal(): Promise<void> {
    const seal: Seal = { items: this.items, bytes: this.#bytes };
    await writeWhole(join(this.folder, "sealed.json"), [JSON.stringify(seal)]);
  }

  async close(): Promise<void> {
    await Promise.all([this.#spool.close(), this.#index.close()]);
  }

  /** Two that write one upload would lose each other's items. */
  async #requireSole(): Promise<void> {
    const { size } = await stat(join(this.folder, "items.index"));
    if (size === this.items * ENTRY_BYTES) return;
    throw new MillraceError(
      "store-locked",
      `the upload in ${this.folder} is written by another process, too: send its items to one of them only`,
    );
  }
}

/** Reads entries as far as the spool holds their lines. */
async function readIndex(
  index: FileHandle,
  spoolBytes: number,
): Promise<{ known: DigestSet; bytes: number }> {
  const known = new DigestSet();
  let bytes = 0;
  const block = Buffer.alloc(ENTRIES_AT_ONCE * ENTRY_BYTES);
  for (let at = 0; ; at += ENTRIES_AT_ONCE) {
    const { bytesRead } = await index.read(block, 0, block.byteLength, at * ENTRY_BYTES);
    const entries = Math.floor(bytesRead / ENTRY_BYTES);
    for (let entry = 0; entry < entries; entry += 1) {
      const start = entry * ENTRY_BYTES;
      const end = Number(block.readBigUInt64LE(start + DIGEST_BYTES));
      if (end <= bytes || end > spoolBytes) return { known, bytes };
      known.add(block.subarray(start, start + DIGEST_BYTES));
      bytes = end;
    }
    if (entries < ENTRIES_AT_ONCE) return { known, bytes };
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let at = 0; at < bytes.byteLength; ) {
    at += (await file.write(bytes, at, bytes.byteLength - at, position + at)).bytesWritten;
  }
}
