/** How a comparison of a store with the model fails. */
import type { Call } from "./call.ts";

/** A call after which the store was not where the model was. */
export class Mismatch extends Error {
  /** The calls made, the last one being where it showed. */
  readonly calls: readonly Call[];

  constructor(found: string, context: { readonly calls: readonly Call[]; readonly cause?: unknown }) {
    const { calls, cause } = context;
    super(`after call ${calls.length} (${calls.at(-1)?.verb ?? "none"}):\n  ${found}`, { cause });
    this.name = "Mismatch";
    this.calls = calls;
  }
}
