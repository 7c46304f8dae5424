/** Where the inputs of jobs come from: an argument, a file, or a stream of lines. */
import { createReadStream } from "node:fs";
import { access, constants, readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { MillraceError } from "@millrace/core";
import { exactJson, type JsonLine, jsonDocument, jsonLines } from "./json-lines.ts";

/** One input, or any number of them. */
export type Payloads = { readonly kind: "one"; readonly input: unknown } | ManyPayloads;

/** Inputs, a line each. */
export interface ManyPayloads {
  readonly kind: "many";
  readonly lines: AsyncGenerator<JsonLine>;
  readonly where: string;
  /** Gives up what is still to be read. */
  stop(): void;
}

/** What the command line says of them. */
export interface PayloadSource {
  /** JSON, or `-` for a value a line on stdin. */
  readonly input: string | undefined;
  readonly file: string | undefined;
  /** The working directory. */
  readonly folder: string;
  readonly stdin: Readable;
}

/** Files of these endings have a value a line. */
const LINES = /\.(ndjson|jsonl)$/i;

/** @throws MillraceError `bad-input` for what is no JSON, `bad-usage` for two sources, `not-found` for a missing file. */
export async function payloadsOf({ input, file, folder, stdin }: PayloadSource): Promise<Payloads> {
  if (input !== undefined && file !== undefined) {
    throw new MillraceError("bad-usage", "enqueue takes an input or --file, not both");
  }
  if (input === "-") {
    const stop = (): void => void stdin.destroy();
    return { kind: "many", lines: jsonLines(stdin, "stdin"), where: "stdin", stop };
  }
  if (file === undefined) {
    return { kind: "one", input: input === undefined ? null : exactJson(input, "the input") };
  }
  const path = resolve(folder, file);
  try {
    if (!LINES.test(file)) return { kind: "one", input: jsonDocument(await readFile(path), file) };
    await access(path, constants.R_OK);
  } catch (error) {
    throw error instanceof MillraceError ? error : unreadable(file, error);
  }
  return { kind: "many", lines: jsonLines(chunksOf(path, file), file), where: file, stop: () => undefined };
}

async function* chunksOf(path: string, file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path);
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, cause: unknown): MillraceError {
  const { code = String(cause) } = cause as NodeJS.ErrnoException; // what node:fs throws
  if (code === "ENOENT") return new MillraceError("not-found", `there is no file ${file}`, { cause });
  return new MillraceError("bad-input", `${file} cannot be read: ${code}`, { cause });
}
