/** Writes outputs as records of CSV. */
import { ClassedError } from "../../model/errors.ts";
import { badOption, refuseUnknownKeys } from "../../model/options.ts";
import { delimiterByte } from "./csv-reader.ts";
import { type FileWriter, fileWriter } from "./file-writer.ts";

/** How a CSV file is written. */
export interface CsvWriterOptions<Output> {
  /** Names of the columns, in order: properties of the outputs. */
  readonly columns: readonly [keyof Output & string, ...(keyof Output & string)[]];
  /** Whether the first record has the columns' names. True where left out. */
  readonly header?: boolean | undefined;
  /** One ASCII character. A comma where left out. */
  readonly delimiter?: string | undefined;
}

/**
 * A writer of a CSV file (RFC 4180, UTF-8, lines ended by LF). Text stays as it is, quoted where it has to be; numbers,
 * bigints and booleans are written as JavaScript does, dates as ISO text, lists and objects as JSON, null and undefined
 * as nothing. Chunks write parts beside the file, in `<path>.parts`, and a step behind puts them together: see
 * {@link mergeParts}, which also says what is guaranteed. A value with no such form fails its item alone.
 * @throws MillraceError `bad-config`.
 */
export function csvWriter<Output extends object>(
  path: string,
  options: CsvWriterOptions<Output>,
): FileWriter<Output> {
  refuseUnknownKeys("csvWriter", options, ["columns", "header", "delimiter"]);
  if (typeof path !== "string" || path === "") throw badOption("csvWriter.path", path, "the path of a file");
  const { columns, header = true, delimiter = "," } = options;
  delimiterByte("csvWriter.delimiter", delimiter);
  const names: ReadonlySet<string> = new Set(columns);
  if (!Array.isArray(columns) || names.size === 0 || names.size < columns.length || names.has("")) {
    throw badOption("csvWriter.columns", columns, "a list of names that are not empty and differ");
  }
  return fileWriter<Output>(path, {
    head: header ? recordOf(columns, delimiter) : "",
    record: (output) =>
      recordOf(
        columns.map((column) => output[column as keyof Output]),
        delimiter,
      ),
  });
}

/** A record with the end of its line. An empty line would be none: a lone empty field is quoted. */
function recordOf(values: readonly unknown[], delimiter: string): string {
  const fields = values.map((value) => fieldOf(textOf(value), delimiter));
  const record = fields.join(delimiter);
  return record === "" ? '""\n' : `${record}\n`;
}

/** Also quoted: what some readers take away at the ends of fields, and the mark a file may begin with. */
const TRIMMED = /^[\s\ufeff]|\s$/;

function fieldOf(text: string, delimiter: string): string {
  const isPlain = !text.includes(delimiter) && !/["\n\r]/.test(text) && !TRIMMED.test(text);
  return isPlain ? text : `"${text.replaceAll('"', '""')}"`;
}

function textOf(value: unknown): string {
  switch (typeof value) {
    case "string":
      if (value.isWellFormed()) return value;
      throw new ClassedError("validation", "not-utf-8", "the output has text with half a surrogate pair");
    case "number":
    case "bigint":
    case "boolean":
      return String(value);
    case "undefined":
      return "";
    case "object":
      return value === null ? "" : objectText(value);
    default:
      throw new ClassedError(
        "validation",
        "bad-output",
        `the output has a ${typeof value}, which CSV cannot hold`,
      );
  }
}

function objectText(value: object): string {
  if (!(value instanceof Date)) return JSON.stringify(value);
  if (!Number.isNaN(value.getTime())) return value.toISOString();
  throw new ClassedError("validation", "bad-output", "the output has a date that is none");
}
