/** Ways to cut a stretch of text that is too long to keep whole, from the gentlest to the one that always works. */
import type { BlockKind } from "./block.ts";
import { bytesAt, isSpaceAt, skipSpace, trimSpaceEnd, unitsAt } from "./character-class.ts";
import { lineAt } from "./line.ts";

/** Part of a page with no white space at either end. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** Yields the parts of `text[start, end)` in order; only white space is left out. */
export type Cut = (text: string, start: number, end: number) => Iterable<Stretch>;

/** Cuts to try in turn on a block of each kind: the parts of one that are still too long meet the next. */
export const CUTS: Readonly<Record<BlockKind, readonly Cut[]>> = {
  heading: [words, runs],
  code: [lines, words, runs],
  table: [lines, words, runs],
  "list-item": [lines, sentences, words, runs],
  paragraph: [sentences, lines, words, runs],
};

/** A token covers at least one byte, so a run of this many bytes fits under any cap the splitter accepts. */
export const RUN_BYTES = 64;

const CLOSING = new Set(Array.from("\"')]}*_»”’）」』", (mark) => mark.charCodeAt(0)));

function* lines(text: string, start: number, end: number): Generator<Stretch> {
  for (let at = start; at < end; ) {
    const line = lineAt(text, at);
    if (line.start < line.end) yield { start: line.start, end: Math.min(line.end, end) };
    at = line.next;
  }
}

function* words(text: string, start: number, end: number): Generator<Stretch> {
  for (let from = start; from < end; ) {
    let to = from;
    while (to < end && !isSpaceAt(text, to)) to++;
    yield { start: from, end: to };
    from = skipSpace(text, to, end);
  }
}

/** At `.`, `!`, `?`, `…` before white space (closing marks between them allowed) and after full-width stops. */
function* sentences(text: string, start: number, end: number): Generator<Stretch> {
  let from = start;
  for (let index = start; index < end; index++) {
    const stop = stopKind(text.charCodeAt(index));
    if (stop === "none") continue;
    let to = index + 1;
    while (to < end && CLOSING.has(text.charCodeAt(to))) to++;
    if (stop === "before-space" && to < end && !isSpaceAt(text, to)) continue;
    yield { start: from, end: to };
    from = skipSpace(text, to, end);
    index = from - 1;
  }
  if (from < end) yield { start: from, end: trimSpaceEnd(text, from, end) };
}

function stopKind(unit: number): "none" | "before-space" | "always" {
  if (unit === 0x2e || unit === 0x21 || unit === 0x3f || unit === 0x2026) return "before-space";
  return unit === 0x3002 || unit === 0xff01 || unit === 0xff1f ? "always" : "none";
}

/** Runs of at most {@link RUN_BYTES} bytes in UTF-8, never inside a code point. */
function* runs(text: string, start: number, end: number): Generator<Stretch> {
  let from = start;
  let bytes = 0;
  for (let index = start; index < end; index += unitsAt(text, index, end)) {
    const more = bytesAt(text, index, end);
    if (bytes + more > RUN_BYTES) {
      yield { start: from, end: index };
      from = index;
      bytes = 0;
    }
    bytes += more;
  }
  if (from < end) yield { start: from, end };
}
