/** Positions in the order of events, as text and in parts. */
import { MillraceError } from "../model/errors.ts";

/** A journal row and an entry of it; entries count from 1. */
export interface Position {
  readonly row: bigint;
  readonly index: number;
}

/** Most digits of a row number or index that a store can be asked for. */
const FORMAT = /^(\d{1,18})\.(\d{1,9})$/;

/** @throws MillraceError `bad-input` for anything but `<row>.<index>`. */
export function parsePosition(text: string): Position {
  const [, row, index] = FORMAT.exec(text) ?? [];
  if (row === undefined || index === undefined) {
    throw new MillraceError(
      "bad-input",
      `"${text}" is no position of an event; pass the position of an event, or leave it out`,
    );
  }
  return { row: BigInt(row), index: Number(index) };
}

/** The text of a position. */
export function formatPosition({ row, index }: Position): string {
  return `${row}.${index}`;
}

/** Whether one position stands before another. */
export function isBefore(left: Position, right: Position): boolean {
  return left.row < right.row || (left.row === right.row && left.index < right.index);
}
