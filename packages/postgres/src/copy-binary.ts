/** Rows as PostgreSQL's binary COPY format, in chunks of bounded size. */
import { MillraceError } from "@millrace/core";
import { ChunkWriter } from "./chunk-writer.ts";

/** The column types that can be encoded. `vector` is pgvector's, whose elements are float4. */
export type CopyColumn = "uuid" | "text" | "int4" | "int8" | "float8" | "bool" | "bytea" | "jsonb" | "vector";

/** What a column of that type takes: a bigint or number for int8, JSON text for jsonb, an array or Float32Array for vector. */
export type CopyValue =
  | string
  | number
  | bigint
  | boolean
  | Uint8Array
  | Float32Array
  | readonly number[]
  | null;

/** How rows are encoded. */
export interface CopyOptions {
  /** The columns in the order of the COPY statement. */
  readonly columns: readonly CopyColumn[];
  /** Longest chunk in bytes, except where one row alone is longer. Default 1 MiB. */
  readonly chunkBytes?: number | undefined;
}

const CHUNK_BYTES = 1_048_576;
/** PostgreSQL manual, COPY, "Binary Format": signature, no flags, no header extension. */
const HEADER = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");
const TRAILER_BYTES = 2;
const LENGTH_BYTES = 4;
const NULL_LENGTH = -1;
const UUID_BYTES = 16;
/** pgvector's vector_send: int16 dimensions, int16 unused, then float4 each. */
const VECTOR_HEADER_BYTES = 4;
/** jsonb_recv of PostgreSQL: a version byte, then the text. */
const JSONB_VERSION = Uint8Array.of(1);

/**
 * Encodes rows for `COPY … FROM STDIN (FORMAT binary)`. Chunks are made as they are asked for and belong to the caller.
 * @throws MillraceError `bad-input` for a value that its column cannot hold.
 */
export function* encodeCopy(
  rows: Iterable<readonly CopyValue[]>,
  options: CopyOptions,
): Generator<Uint8Array<ArrayBuffer>> {
  const { columns, chunkBytes = CHUNK_BYTES } = options;
  const writer = new ChunkWriter(Math.max(chunkBytes, HEADER.byteLength));
  writer.bytes(HEADER);
  for (const row of rows) {
    const full = writer.room(rowBytes(row, columns));
    if (full !== undefined) yield full;
    writeRow(writer, row, columns);
  }
  const full = writer.room(TRAILER_BYTES);
  if (full !== undefined) yield full;
  writer.int16(-1);
  yield writer.take();
}

/** An upper bound of a row's length: text is counted as if each character took the most bytes UTF-8 needs for one. */
function rowBytes(row: readonly CopyValue[], columns: readonly CopyColumn[]): number {
  if (row.length !== columns.length) {
    throw new MillraceError(
      "bad-input",
      `A row of ${row.length} values does not fit ${columns.length} columns.`,
    );
  }
  let bytes = 2;
  for (const value of row) bytes += LENGTH_BYTES + valueBytes(value);
  return bytes;
}

function valueBytes(value: CopyValue): number {
  if (typeof value === "string") return Math.max(value.length * 3 + JSONB_VERSION.byteLength, UUID_BYTES);
  if (value instanceof Uint8Array) return value.byteLength;
  if (value instanceof Float32Array || Array.isArray(value)) return VECTOR_HEADER_BYTES + value.length * 4;
  return 8;
}

function writeRow(writer: ChunkWriter, row: readonly CopyValue[], columns: readonly CopyColumn[]): void {
  writer.int16(columns.length);
  for (const [index, column] of columns.entries()) {
    const value = row[index] ?? null;
    if (value === null) writer.int32(NULL_LENGTH);
    else if (!writeValue(writer, value, column)) throw misfit(value, column);
  }
}

/** Whether the value fits its column; if not, the writer is not to be used any more. */
function writeValue(writer: ChunkWriter, value: CopyValue, column: CopyColumn): boolean {
  switch (column) {
    case "text":
      return typeof value === "string" && writer.text(value);
    case "uuid":
      return typeof value === "string" && writeUuid(writer, value);
    case "jsonb":
      return typeof value === "string" && writer.text(value, JSONB_VERSION);
    case "bytea":
      return value instanceof Uint8Array && writeBytes(writer, value);
    case "vector":
      return isVector(value) && writeVector(writer, value);
    case "bool":
      return typeof value === "boolean" && writeBytes(writer, Uint8Array.of(value ? 1 : 0));
    default:
      return writeNumber(writer, value, column);
  }
}

function writeNumber(writer: ChunkWriter, value: CopyValue, column: "int4" | "int8" | "float8"): boolean {
  if (column === "int8") return isWhole(value) && writer.sizedInt8(BigInt(value));
  if (typeof value !== "number") return false;
  if (column === "float8") return writer.sizedFloat8(value);
  return value === (value | 0) && writer.sizedInt4(value);
}

function writeUuid(writer: ChunkWriter, value: string): boolean {
  const hex = value.replaceAll("-", "");
  if (hex.length !== UUID_BYTES * 2) return false;
  writer.int32(UUID_BYTES);
  return writer.hex(hex) === UUID_BYTES;
}

function writeBytes(writer: ChunkWriter, value: Uint8Array): boolean {
  writer.int32(value.byteLength);
  writer.bytes(value);
  return true;
}

function writeVector(writer: ChunkWriter, value: Float32Array | readonly number[]): boolean {
  writer.int32(VECTOR_HEADER_BYTES + value.length * 4);
  writer.int16(value.length);
  writer.int16(0);
  writer.floats(value instanceof Float32Array ? value : Float32Array.from(value));
  return true;
}

function isVector(value: CopyValue): value is Float32Array | readonly number[] {
  return value instanceof Float32Array || Array.isArray(value);
}

function isWhole(value: CopyValue): value is number | bigint {
  return typeof value === "bigint" || Number.isSafeInteger(value);
}

function misfit(value: CopyValue, column: CopyColumn): MillraceError {
  return new MillraceError(
    "bad-input",
    `A ${typeof value} given for COPY does not fit a column of type ${column}.`,
  );
}
