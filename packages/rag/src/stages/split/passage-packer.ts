/** Packs the blocks of one page into passages near a target size and never above the cap. */
import type { Block } from "./block.ts";
import { CUTS, type Cut, type Stretch } from "./cut.ts";
import type { SplitSizes } from "./split-options.ts";
import { TokenMeter } from "./token-meter.ts";

/** A passage before it has a page and a number. */
export interface Draft extends Stretch {
  readonly headingPath: readonly string[];
  readonly tokens: number;
}

/** What a draft is made of: a block, or a part of one. */
interface Part extends Stretch {
  readonly isHeading: boolean;
  readonly headingPath: readonly string[];
}

/** A part in the open draft, with the tokens from the draft's start to the part's end. */
interface PlacedPart extends Part {
  readonly tokens: number;
}

/**
 * Blocks go in, drafts come out, in order. A heading starts a new draft once the open one has half the target. A block
 * that would pass the target starts the next draft, headings above it go along; one that passes the cap on its own is
 * cut. A draft under the minimum goes on growing up to the cap or joins the one before it.
 */
export class PassagePacker {
  readonly #sizes: SplitSizes;
  readonly #meter: TokenMeter;
  readonly #probe: TokenMeter;
  readonly #text: string;
  #open: PlacedPart[] = [];
  #hasBody = false;
  #held: Draft | undefined;
  #ready: Draft[] = [];

  constructor(text: string, sizes: SplitSizes) {
    this.#text = text;
    this.#sizes = sizes;
    this.#meter = new TokenMeter(text);
    this.#probe = new TokenMeter(text);
  }

  /** Adds a block under its headings (a heading's own title included). Returns the drafts that became final. */
  add(block: Block, headingPath: readonly string[]): readonly Draft[] {
    const isHeading = block.kind === "heading";
    if (isHeading && this.#tokens() * 2 >= this.#sizes.targetTokens) this.#close();
    this.#place({ start: block.start, end: block.end, isHeading, headingPath }, CUTS[block.kind]);
    return this.#take();
  }

  /** Ends the page. Returns the remaining drafts. */
  finish(): readonly Draft[] {
    while (this.#open.length > 0) this.#close();
    if (this.#held !== undefined) this.#ready.push(this.#held);
    this.#held = undefined;
    return this.#take();
  }

  #place(part: Part, cuts: readonly Cut[]): void {
    if (this.#append(part)) return;
    const [cut, ...finer] = cuts;
    if (cut !== undefined && !this.#fits(part.start, part.end)) {
      for (const piece of cut(this.#text, part.start, part.end)) {
        const { start, end } = piece;
        this.#place({ start, end, isHeading: false, headingPath: part.headingPath }, finer);
      }
      return;
    }
    do this.#close();
    while (!this.#append(part) && this.#open.length > 0);
  }

  #append(part: Part): boolean {
    const { minTokens, targetTokens, maxTokens } = this.#sizes;
    if (this.#open.length === 0) this.#begin(part.start);
    const isRoomy = this.#tokens() < minTokens || !this.#hasBody;
    const limit = isRoomy ? maxTokens : targetTokens;
    const tokens = this.#meter.measure(part.end, limit);
    if (tokens > limit) return false;
    this.#meter.accept();
    const { start, end, isHeading, headingPath } = part;
    this.#open.push({ start, end, isHeading, headingPath, tokens });
    this.#hasBody ||= !part.isHeading;
    return true;
  }

  #begin(start: number): void {
    this.#meter.open(start);
    this.#hasBody = false;
  }

  /** Ends the open draft; headings it ends with open the next one. */
  #close(): void {
    const lastBody = this.#open.findLastIndex((part) => !part.isHeading);
    const parts = lastBody === -1 ? this.#open : this.#open.slice(0, lastBody + 1);
    const carried = lastBody === -1 ? [] : this.#open.slice(lastBody + 1);
    this.#open = [];
    this.#hold(parts);
    for (const heading of carried) this.#append(heading);
  }

  #hold(parts: readonly PlacedPart[]): void {
    const first = parts[0];
    const last = parts.at(-1);
    if (first === undefined || last === undefined) return;
    const draft = { start: first.start, end: last.end, tokens: last.tokens, headingPath: bodyPath(parts) };
    const joined = this.#joined(draft);
    if (joined === undefined && this.#held !== undefined) this.#ready.push(this.#held);
    this.#held = joined ?? draft;
  }

  #joined(draft: Draft): Draft | undefined {
    const held = this.#held;
    if (held === undefined || draft.tokens >= this.#sizes.minTokens) return undefined;
    this.#probe.open(held.start);
    const tokens = this.#probe.measure(draft.end, this.#sizes.maxTokens);
    if (tokens > this.#sizes.maxTokens) return undefined;
    return {
      start: held.start,
      end: draft.end,
      tokens,
      headingPath: held.headingPath,
    };
  }

  #fits(start: number, end: number): boolean {
    this.#probe.open(start);
    return this.#probe.measure(end, this.#sizes.maxTokens) <= this.#sizes.maxTokens;
  }

  #tokens(): number {
    return this.#open.at(-1)?.tokens ?? 0;
  }

  #take(): readonly Draft[] {
    const drafts = this.#ready;
    if (drafts.length > 0) this.#ready = [];
    return drafts;
  }
}

/** The headings the first body part stands under; without a body, those of the innermost heading. */
function bodyPath(parts: readonly PlacedPart[]): readonly string[] {
  const body = parts.find((part) => !part.isHeading) ?? parts.at(-1);
  return body?.headingPath ?? [];
}
