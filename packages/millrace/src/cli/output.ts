/** Data on stdout, in the format that was asked for. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { type Column, renderTable } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** Formats of `-o`. */
const FORMATS = ["table", "json", "ndjson"] as const;
export type Format = (typeof FORMATS)[number];

/** The option `-o`. */
export function outputOption(): Option {
  return new Option("-o, --output <format>", "format of the data on stdout")
    .choices(FORMATS)
    .default("table");
}

/** A list: a table, one JSON array, or a JSON value a line. `empty` is said on stderr where there is nothing. */
export function printList<Row>(
  terminal: Terminal,
  format: Format,
  list: { readonly columns: readonly Column<Row>[]; readonly rows: readonly Row[]; readonly empty: string },
): void {
  const { columns, rows, empty } = list;
  if (format === "json") terminal.print(JSON.stringify(rows, null, 2));
  else if (format === "ndjson") for (const row of rows) terminal.print(JSON.stringify(row));
  else if (rows.length === 0) terminal.say("info", empty);
  else {
    const [titles = "", ...lines] = renderTable(columns, rows);
    terminal.print([terminal.outColours.bold(titles), ...lines].join("\n"));
  }
}

/** One thing: its lines for people, or its JSON. */
export function printRecord(
  terminal: Terminal,
  format: Format,
  record: { readonly value: unknown; readonly lines: readonly string[] },
): void {
  if (format === "json") terminal.print(JSON.stringify(record.value, null, 2));
  else if (format === "ndjson") terminal.print(JSON.stringify(record.value));
  else terminal.print(record.lines.join("\n"));
}

/** Reads an option that takes a whole number. */
export function wholeNumberFrom(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It takes a whole number, ${least} to ${most}.`);
  };
}

/** Adds what commands that change many things take. */
export function addBulkOptions(command: Command): Command {
  return command
    .option("--yes", "do not ask")
    .option("--dry-run", "only count what would be changed")
    .addOption(outputOption());
}
