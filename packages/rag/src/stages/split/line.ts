/** Reads one line of a page and says what it begins in Markdown (CommonMark 0.31, tables as in GFM with a leading pipe). */
import { skipSpace, trimSpaceEnd } from "./character-class.ts";

/** A line of a page, as UTF-16 offsets. */
export interface Line {
  /** Where it begins, white space included. */
  readonly at: number;
  /** Its text without white space at either end; `start === end` when the line is blank. */
  readonly start: number;
  readonly end: number;
  /** Where the next line begins. */
  readonly next: number;
}

export type LineKind = "fence" | "heading" | "table" | "list-item" | "text";

const LIST_ITEM = /(?:[-*+]|\d{1,9}[.)])(?=\s)/y;
const HEADING = /#{1,6}(?=\s|$)/y;
const FENCE = /`{3,}(?=[^`\n]*$)|~{3,}/my;
/** Only the first units of a line can decide its kind: long lines are not read again. */
const OPENING_UNITS = 256;

/** The line that begins at `at`. */
export function lineAt(text: string, at: number): Line {
  const newline = text.indexOf("\n", at);
  const next = newline === -1 ? text.length : newline + 1;
  const start = skipSpace(text, at, next);
  return { at, start, end: trimSpaceEnd(text, start, next), next };
}

/** What a line that is not blank begins. */
export function lineKind(text: string, line: Line): LineKind {
  const first = text.charCodeAt(line.start);
  if (first === 0x7c) return "table";
  if (first === 0x23) return headingLevel(text, line) > 0 ? "heading" : "text";
  if (first === 0x60 || first === 0x7e) return fenceOf(text, line) === "" ? "text" : "fence";
  return mayMarkItem(first) && matchAt(LIST_ITEM, text, line) !== "" ? "list-item" : "text";
}

/** `-`, `*`, `+` or a digit. */
function mayMarkItem(unit: number): boolean {
  return unit === 0x2d || unit === 0x2a || unit === 0x2b || (unit >= 0x30 && unit <= 0x39);
}

/** 1…6 for an ATX heading, else 0. */
export function headingLevel(text: string, line: Line): number {
  return isIndented(text, line) ? 0 : matchAt(HEADING, text, line).length;
}

/** The run of backticks or tildes that opens fenced code, or "". */
export function fenceOf(text: string, line: Line): string {
  return isIndented(text, line) ? "" : matchAt(FENCE, text, line);
}

/** Whether the line closes code opened by `fence`: the same characters, at least as many, nothing else. */
export function closesFence(text: string, line: Line, fence: string): boolean {
  if (line.end - line.start < fence.length || isIndented(text, line)) return false;
  return isRunOf(text, line, fence.charCodeAt(0));
}

/** 1 for a line of `=`, 2 for a line of `-` (what underlines a setext heading), else 0. */
export function underlineLevel(text: string, line: Line): 0 | 1 | 2 {
  if (line.start === line.end || isIndented(text, line)) return 0;
  if (isRunOf(text, line, 0x3d)) return 1;
  return isRunOf(text, line, 0x2d) ? 2 : 0;
}

function isRunOf(text: string, line: Line, unit: number): boolean {
  for (let index = line.start; index < line.end; index++) {
    if (text.charCodeAt(index) !== unit) return false;
  }
  return true;
}

/** Four columns of white space, or a tab, make a line part of what precedes it or indented code. */
function isIndented(text: string, line: Line): boolean {
  if (line.start - line.at > 3) return true;
  for (let index = line.at; index < line.start; index++) {
    if (text.charCodeAt(index) === 0x09) return true;
  }
  return false;
}

function matchAt(pattern: RegExp, text: string, line: Line): string {
  pattern.lastIndex = 0;
  const opening = text.slice(line.start, Math.min(line.end, line.start + OPENING_UNITS));
  return pattern.exec(opening)?.[0] ?? "";
}
