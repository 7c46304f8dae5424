/** What a parsing library must offer to serve in a child process, and how it says that a document is at fault. */
import type { DocumentReason } from "../../../ports/extractor.ts";
import type { WindowResult } from "../protocol.ts";

/** A parsing library. It may crash: it only ever runs in a child process. */
export interface Engine {
  /** Pages `from`…`to` (inclusive, from 1; `to` may lie past the end) and the document's number of pages. */
  read(window: { readonly path: string; readonly from: number; readonly to: number }): Promise<WindowResult>;
  /** The document's number of pages, cheaply. */
  count(path: string): Promise<number>;
}

/** Engines by name; each is loaded when first asked for. */
export type EngineTable = Readonly<Record<string, () => Promise<Engine>>>;

/** What an engine of ours says of a document. */
export class EngineError extends Error {
  readonly reason: DocumentReason;

  constructor(reason: DocumentReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "EngineError";
    this.reason = reason;
  }
}

/** The error for a document at which a library or the runtime has thrown. */
export function engineFailure(reason: DocumentReason, message: string, cause: unknown): EngineError {
  return new EngineError(reason, message, { cause });
}

/** Which reason an engine's error stands for; a library's own is judged by its text: none of them has stable codes. */
export function reasonOf(error: unknown): DocumentReason {
  if (error instanceof EngineError) return error.reason;
  const message = messageOf(error);
  if (/password/i.test(message)) return "encrypted";
  if (/ENOENT|EACCES|EPERM|file not found|permission denied/i.test(message)) return "unreadable";
  return "malformed";
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
