/** What went wrong with one request to a child, before anyone decides what it means for the document. */
import type { DocumentReason } from "../../ports/extractor.ts";

/** One request failed. `isolated` is false where the child had served other requests and may have been worn out. */
export class WindowError extends Error {
  readonly reason: DocumentReason;
  readonly isolated: boolean;

  constructor(reason: DocumentReason, message: string, isolated = true) {
    super(message);
    this.name = "WindowError";
    this.reason = reason;
    this.isolated = isolated;
  }
}
