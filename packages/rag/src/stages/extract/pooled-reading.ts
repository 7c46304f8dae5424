/** Reads one document through the pool: engine after engine, window after window, every page or none. */
import {
  type DocumentError,
  type DocumentReason,
  documentFailure,
  type EngineAttempt,
  type ExtractedPage,
  type ExtractOptions,
} from "../../ports/extractor.ts";
import type { ExtractionPool, Work } from "./extraction-pool.ts";
import type { ReadRequest, WindowResult } from "./protocol.ts";
import { WindowError } from "./window-error.ts";

/** The limits one document is read under. */
export interface DocumentLimits {
  /** More pages than this: `too-large`. */
  readonly pages: number;
  /** Milliseconds its requests may run, taken together, over all engines. */
  readonly documentMs: number;
  /** Milliseconds one request may run before its engine is given up. */
  readonly windowMs: number;
}

/** What reading a document needs beside the document. */
export interface ReadingContext extends ExtractOptions {
  readonly pool: ExtractionPool;
  /** Engine names, the preferred one first. */
  readonly engines: readonly string[];
  /** Pages asked for at once. */
  readonly windowPages: number;
  readonly limits: DocumentLimits;
}

/** A document's pages and who read them. */
export interface PooledPages {
  readonly pages: readonly ExtractedPage[];
  readonly engine: string;
  readonly fallbacks: readonly EngineAttempt[];
}

/** Another engine would say the same. */
const FINAL: ReadonlySet<DocumentReason> = new Set(["encrypted", "unreadable", "too-large"]);

/** About so many bytes make a page; only decides who goes first before the number is known. */
const BYTES_PER_PAGE = 5_000;

/** The reading of one document. */
export class PooledReading {
  readonly #path: string;
  readonly #context: ReadingContext;
  readonly #attempts: EngineAttempt[] = [];
  /** The most pages any engine saw: one that sees fewer has lost some. */
  #totalPages = 0;
  #donePages = 0;
  #expectedPages: number;
  #remainingMs: number;

  constructor(file: { readonly path: string; readonly bytes: number }, context: ReadingContext) {
    this.#path = file.path;
    this.#context = context;
    this.#expectedPages = file.bytes / BYTES_PER_PAGE;
    this.#remainingMs = context.limits.documentMs;
  }

  /**
   * All pages, by the first engine that can read the document whole.
   * @throws DocumentError naming the file and the reason; the signal's reason when aborted.
   */
  async run(): Promise<PooledPages> {
    for (const engine of this.#context.engines) {
      const pages = await this.#attempt(engine);
      if (pages !== undefined) return { pages, engine, fallbacks: this.#attempts };
      if (this.#remainingMs <= 0) break;
    }
    throw this.#verdict();
  }

  /** The pages, or `undefined` once the failure is noted. */
  async #attempt(engine: string): Promise<ExtractedPage[] | undefined> {
    try {
      return await this.#readWindows(engine);
    } catch (error) {
      if (!(error instanceof WindowError)) throw error;
      this.#advance(-this.#donePages);
      if (FINAL.has(error.reason)) throw this.#failure(error.reason, error.message);
      this.#attempts.push({ engine, reason: error.reason, message: error.message });
      return undefined;
    }
  }

  /** The first window tells how many there are; the others run wherever a child is free. */
  async #readWindows(engine: string): Promise<ExtractedPage[]> {
    const { windowPages, signal } = this.#context;
    const first = await this.#read(engine, { from: 1, to: windowPages }, signal);
    this.#acceptTotal(first.totalPages);
    const siblings = linkedController(signal);
    const rest = windowsAfter(windowPages, this.#totalPages).map(async (window) => {
      const result = await this.#read(engine, window, siblings.controller.signal);
      return completeWindow(result, window, this.#totalPages);
    });
    try {
      const pages = completeWindow(first, { from: 1, to: windowPages }, this.#totalPages);
      return pages.concat(...(await Promise.all(rest)));
    } catch (error) {
      siblings.controller.abort(error);
      await Promise.allSettled(rest);
      throw error;
    } finally {
      siblings.unlink();
    }
  }

  async #read(engine: string, window: Window, signal: AbortSignal): Promise<WindowResult> {
    let startedAt = 0;
    const request: ReadRequest = { kind: "read", engine, path: this.#path, ...window };
    const work: Work = {
      request,
      signal,
      // Not what is left of it: then all would end together, and be split and written when no core reads any more.
      urgency: () => this.#expectedPages,
      timeoutMs: () => {
        startedAt = performance.now();
        return Math.max(0, Math.min(this.#remainingMs, this.#context.limits.windowMs));
      },
    };
    try {
      const result = await this.#context.pool.run(work);
      this.#advance(result.pages.length);
      return result;
    } finally {
      if (startedAt > 0) this.#remainingMs -= performance.now() - startedAt;
    }
  }

  #acceptTotal(totalPages: number): void {
    const limit = this.#context.limits.pages;
    if (totalPages > limit)
      throw this.#failure("too-large", `it has ${totalPages} pages, the limit is ${limit}`);
    if (totalPages < this.#totalPages) {
      throw new WindowError("malformed", `only ${totalPages} of ${this.#totalPages} pages were found`);
    }
    if (totalPages === 0) throw new WindowError("empty", "it has no pages");
    this.#totalPages = totalPages;
    this.#expectedPages = totalPages;
  }

  #advance(pages: number): void {
    if (pages === 0) return;
    this.#donePages += pages;
    this.#context.onPages?.(pages);
  }

  /** An engine that recognised a broken file says more than one that broke on it. */
  #verdict(): DocumentError {
    if (this.#remainingMs <= 0) {
      return this.#failure("timeout", `it was not read within ${this.#context.limits.documentMs / 1_000} s`);
    }
    const told =
      this.#attempts.find(({ reason }) => reason === "malformed") ??
      this.#attempts.find(({ reason }) => reason !== "unsupported") ??
      this.#attempts[0];
    const all = this.#attempts.map(({ engine, message }) => `${engine}: ${message}`).join("; ");
    return this.#failure(told?.reason ?? "unsupported", all === "" ? "no engine was given" : all);
  }

  #failure(reason: DocumentReason, message: string): DocumentError {
    return documentFailure({ path: this.#path, reason, why: message });
  }
}

interface Window {
  readonly from: number;
  readonly to: number;
}

function windowsAfter(windowPages: number, totalPages: number): Window[] {
  const windows: Window[] = [];
  for (let from = windowPages + 1; from <= totalPages; from += windowPages) {
    windows.push({ from, to: Math.min(from + windowPages - 1, totalPages) });
  }
  return windows;
}

/** The pages of a window that came back whole, in order. */
function completeWindow(result: WindowResult, { from, to }: Window, totalPages: number): ExtractedPage[] {
  const pages = result.pages.toSorted((left, right) => left.number - right.number);
  const last = Math.min(to, totalPages);
  const whole =
    pages.length === last - from + 1 && pages.every(({ number }, index) => number === from + index);
  if (whole && result.totalPages === totalPages) return pages;
  throw new WindowError("malformed", `pages ${from} to ${last} came back incomplete (${pages.length} pages)`);
}

function linkedController(signal: AbortSignal): { controller: AbortController; unlink(): void } {
  const controller = new AbortController();
  const onAbort = () => controller.abort(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  return { controller, unlink: () => signal.removeEventListener("abort", onAbort) };
}
