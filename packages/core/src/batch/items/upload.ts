/** Takes items that are sent in pieces and more than once, and keeps each once, until all of them are there. */
import { hash } from "node:crypto";
import { resolve } from "node:path";
import { MillraceError } from "../../model/errors.ts";
import type { Json } from "../../model/json.ts";
import { badOption, refuseUnknownKeys } from "../../model/options.ts";
import { isKey, KEY_TAKES } from "../item-key.ts";
import { DIGEST_BYTES, DigestSet } from "./digest-set.ts";
import { exactJson } from "./exact-json.ts";
import { refusalOf } from "./item-maker.ts";
import { checkRecordBytes, MAX_RECORD_BYTES } from "./record-bytes.ts";
import { FIRST_LINE, type RawLine, splitLines, utf8 } from "./split-lines.ts";
import { type SpooledLine, sealOf, UploadFiles } from "./upload-files.ts";

/** How an upload is taken. */
export interface UploadOptions {
  /** Longest line in bytes, at most 1,000,000; a longer one becomes a bad item. 262,144 where left out. */
  readonly maxItemBytes?: number | undefined;
}

/** What became of the lines of one {@link Upload.receive}. */
export interface UploadReceipt {
  /** Items that were not there before, bad ones among them. */
  readonly added: number;
  /** Lines whose items were there already. */
  readonly repeated: number;
  /** Of those added, the ones that will fail. */
  readonly bad: number;
}

/** How far an upload is. */
export interface UploadStatus {
  readonly items: number;
  readonly bytes: number;
  readonly sealed: boolean;
}

/** A line of the spool: an item with its key, or why there is none. */
export type SpooledItem =
  | { readonly key: string; readonly item: Json }
  | { readonly key: string; readonly bad: { readonly reason: string; readonly message: string } };

/** A batch is on the disk before the next line is asked for. */
const BATCH_ITEMS = 1_000;
const BATCH_BYTES = 1_048_576;

/** Folders that are open in this process. */
const opened = new Set<string>();

/**
 * An upload in a folder of its own, for one process at a time. Items come as lines of NDJSON, `{"key": "…", "item": …}`,
 * in as many requests as it takes; each key is kept once, the first time it comes, so that whatever got lost can be sent
 * again. `uploadReader` reads it once it is sealed.
 */
export class Upload {
  readonly #files: UploadFiles;
  readonly #maxBytes: number;
  #isSealed: boolean;
  /** Appends follow one another, whoever they are for. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(files: UploadFiles, maxBytes: number, isSealed: boolean) {
    this.#files = files;
    this.#maxBytes = maxBytes;
    this.#isSealed = isSealed;
  }

  /**
   * Opens an upload, or begins it where the folder has none. Everything that was acknowledged is there again.
   * @throws MillraceError `bad-config`; `store-locked` where this process has it open already.
   */
  static async open(folder: string, options: UploadOptions = {}): Promise<Upload> {
    refuseUnknownKeys("Upload.open", options, ["maxItemBytes"]);
    if (typeof folder !== "string" || folder === "")
      throw badOption("Upload.open: folder", folder, "the path of a folder");
    const maxBytes = checkRecordBytes("Upload.open: maxItemBytes", options.maxItemBytes ?? MAX_RECORD_BYTES);
    const path = resolve(folder);
    if (opened.has(path))
      throw new MillraceError("store-locked", `the upload in ${path} is open already: use that one`);
    opened.add(path);
    try {
      return new Upload(await UploadFiles.open(path), maxBytes, (await sealOf(path)) !== undefined);
    } catch (error) {
      opened.delete(path);
      throw error;
    }
  }

  /** How far it is. */
  get status(): UploadStatus {
    return { items: this.#files.items, bytes: this.#files.bytes, sealed: this.#isSealed };
  }

  /**
   * Takes lines, asking for more only when those before are on the disk. Lines that are malformed or too long become bad
   * items, which will fail; alike ones are one. Where the stream breaks off, what came before is kept, but for a line
   * that was not whole. When it resolves, everything it took survives a power cut.
   * @throws what the stream throws; MillraceError `bad-usage` for a new item after the upload was sealed.
   */
  async receive(body: AsyncIterable<Uint8Array>): Promise<UploadReceipt> {
    const total = { added: 0, repeated: 0, bad: 0 };
    let batch: Incoming[] = [];
    let bytes = 0;
    const flush = async (): Promise<void> => {
      const { added, repeated, bad } = await this.#keep(batch);
      total.added += added;
      total.repeated += repeated;
      total.bad += bad;
      batch = [];
      bytes = 0;
    };
    try {
      for await (const line of splitLines(buffers(body), { from: FIRST_LINE, maxBytes: this.#maxBytes })) {
        if (line.size === 0) continue;
        const incoming = incomingOf(line, this.#maxBytes);
        batch.push(incoming);
        bytes += incoming.line.byteLength;
        if (batch.length >= BATCH_ITEMS || bytes >= BATCH_BYTES) await flush();
      }
    } catch (error) {
      await flush();
      throw error;
    }
    await flush();
    return total;
  }

  /**
   * Ends it: `count` is how many items were sent, each key counted once. Idempotent.
   * @throws MillraceError `bad-input` where another number is there: send again what is missing.
   */
  async seal(count: number): Promise<void> {
    await this.#inTurn(async () => {
      const { items } = this.#files;
      if (items !== count) {
        throw new MillraceError(
          "bad-input",
          `${count} items were announced, ${items} are there: send what is missing again, and each key once`,
          { details: { announced: count, items } },
        );
      }
      if (!this.#isSealed) await this.#files.seal();
      this.#isSealed = true;
    });
  }

  /** Closes its files once what is under way has ended. */
  async close(): Promise<void> {
    await this.#inTurn(() => this.#files.close());
    opened.delete(this.#files.folder);
  }

  #keep(batch: readonly Incoming[]): Promise<UploadReceipt> {
    return this.#inTurn(async () => {
      const inBatch = new DigestSet();
      const fresh = batch.filter(({ digest }) => !this.#files.has(digest) && inBatch.add(digest));
      if (this.#isSealed && fresh.length > 0) {
        throw new MillraceError(
          "bad-usage",
          `the upload in ${this.#files.folder} is sealed: it takes no more items`,
        );
      }
      await this.#files.append(fresh);
      const bad = fresh.filter(({ isBad }) => isBad).length;
      return { added: fresh.length, repeated: batch.length - fresh.length, bad };
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined); // told to whoever asked for it
    return turn;
  }
}

interface Incoming extends SpooledLine {
  readonly isBad: boolean;
}

async function* buffers(body: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, void> {
  for await (const piece of body) yield Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
}

function incomingOf(line: RawLine, maxBytes: number): Incoming {
  const spooled = spooledOf(line, maxBytes);
  return {
    digest: digestOf(spooled.key),
    line: Buffer.from(`${JSON.stringify(spooled)}\n`),
    isBad: "bad" in spooled,
  };
}

function spooledOf({ bytes, head, size }: RawLine, maxBytes: number): SpooledItem {
  const name = `bad-${digestOf(Buffer.concat([head, Buffer.from(` ${size}`)])).toString("hex")}`;
  if (bytes === undefined) {
    const message = `an item of ${size} bytes is longer than the ${maxBytes} of maxItemBytes`;
    return { key: name, bad: { reason: "too-large", message } };
  }
  try {
    const given = fieldsOf(exactJson(utf8(bytes), "the line"));
    if (given !== undefined) return given;
    const message = `a line is not {"key": …, "item": …} with a key that is ${KEY_TAKES}`;
    return { key: name, bad: { reason: "malformed", message } };
  } catch (error) {
    return { key: name, bad: refusalOf(error) };
  }
}

function fieldsOf(value: Json): { readonly key: string; readonly item: Json } | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const { key, item, ...others } = value as Readonly<Record<string, Json | undefined>>; // neither null nor a list
  if (!isKey(key) || item === undefined || Object.keys(others).length > 0) return undefined;
  return { key, item };
}

function digestOf(text: string | Buffer): Buffer {
  return hash("sha256", text, "buffer").subarray(0, DIGEST_BYTES);
}
