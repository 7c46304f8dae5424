/** Tables for people: columns as wide as their widest cell, numbers to the right, no trailing spaces. */
import { stripVTControlCharacters } from "node:util";

/** One column of rows of type `Row`. */
export interface Column<Row> {
  readonly title: string;
  readonly align?: "left" | "right" | undefined;
  cell(row: Row): string;
}

const GAP = "  ";

/** The table as lines, its titles first. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): readonly string[] {
  const cells = rows.map((row) => columns.map((column) => column.cell(row)));
  const titles = columns.map((column) => column.title);
  const widths = columns.map((_, index) =>
    Math.max(...[titles, ...cells].map((line) => widthOf(line[index] ?? ""))),
  );
  return [titles, ...cells].map((line) =>
    line
      .map((cell, index) => padded(cell, widths[index] ?? 0, columns[index]?.align ?? "left"))
      .join(GAP)
      .trimEnd(),
  );
}

function padded(cell: string, width: number, align: "left" | "right"): string {
  const space = " ".repeat(Math.max(0, width - widthOf(cell)));
  return align === "left" ? cell + space : space + cell;
}

function widthOf(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}
