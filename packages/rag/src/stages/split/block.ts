/** Cuts a page of Markdown into blocks, line by line: headings, fenced code, tables, list items, paragraphs. */
import type { TextFormat } from "../../ports/splitter.ts";
import { closesFence, fenceOf, headingLevel, type Line, lineAt, lineKind, underlineLevel } from "./line.ts";

export type BlockKind = "heading" | "code" | "table" | "list-item" | "paragraph";

/** A stretch of the page with no white space at either end. Between blocks there is only white space. */
export interface Block {
  readonly kind: BlockKind;
  readonly start: number;
  readonly end: number;
  /** 1…6 for a heading, else 0. */
  readonly level: number;
}

interface Extent {
  readonly end: number;
  readonly next: number;
}

/**
 * Blocks in reading order. Plain text has paragraphs only. Setext headings (one line over `===` or `---`) count in
 * Markdown files only: the text of a PDF has too many rules under ordinary lines.
 */
export function* blocksOf(text: string, format: TextFormat): Generator<Block> {
  let at = 0;
  while (at < text.length) {
    const line = lineAt(text, at);
    if (line.start === line.end) {
      at = line.next;
      continue;
    }
    const found = format === "text" ? plainBlock(text, line) : markdownBlock(text, line, format);
    yield found.block;
    at = found.next;
  }
}

interface Found {
  readonly block: Block;
  readonly next: number;
}

function plainBlock(text: string, line: Line): Found {
  return foundBlock("paragraph", line, { extent: paragraph(text, line, false), level: 0 });
}

function markdownBlock(text: string, line: Line, format: TextFormat): Found {
  const kind = lineKind(text, line);
  switch (kind) {
    case "heading":
      return foundBlock("heading", line, { extent: line, level: headingLevel(text, line) });
    case "fence":
      return foundBlock("code", line, { extent: fencedCode(text, line), level: 0 });
    case "table":
      return foundBlock("table", line, { extent: table(text, line), level: 0 });
    case "list-item":
      return foundBlock("list-item", line, { extent: paragraph(text, line, true), level: 0 });
    case "text":
      return (
        setextHeading(text, line, format) ??
        foundBlock("paragraph", line, { extent: paragraph(text, line, true), level: 0 })
      );
  }
}

function foundBlock(
  kind: BlockKind,
  line: Line,
  rest: { readonly extent: Extent; readonly level: number },
): Found {
  return {
    block: { kind, start: line.start, end: rest.extent.end, level: rest.level },
    next: rest.extent.next,
  };
}

function setextHeading(text: string, line: Line, format: TextFormat): Found | undefined {
  if (format !== "markdown" || line.next >= text.length) return undefined;
  const below = lineAt(text, line.next);
  const level = underlineLevel(text, below);
  return level === 0 || underlineLevel(text, line) > 0
    ? undefined
    : foundBlock("heading", line, { extent: below, level });
}

/** To the closing fence, or to the end of the page when there is none. */
function fencedCode(text: string, opening: Line): Extent {
  const fence = fenceOf(text, opening);
  let last = opening;
  while (last.next < text.length) {
    const line = lineAt(text, last.next);
    if (line.start === line.end) {
      last = { ...last, next: line.next };
      continue;
    }
    last = line;
    if (closesFence(text, line, fence)) break;
  }
  return last;
}

function table(text: string, first: Line): Extent {
  let last = first;
  while (last.next < text.length) {
    const line = lineAt(text, last.next);
    if (line.start === line.end || lineKind(text, line) !== "table") break;
    last = line;
  }
  return last;
}

/** To the next blank line or, in Markdown, to the next line that begins something else. */
function paragraph(text: string, first: Line, isMarkdown: boolean): Extent {
  let last = first;
  while (last.next < text.length) {
    const line = lineAt(text, last.next);
    if (line.start === line.end || (isMarkdown && lineKind(text, line) !== "text")) break;
    last = line;
  }
  return last;
}
