/** Chains what the audit was given: each tenant's records, once they are committed. */
import { Loop } from "../../runtime/service.ts";
import type { SweepOptions } from "./sweep-options.ts";

/** Most records of one pass. */
const LIMIT = 1_000;

/** A loop that chains once per sweep, and at once again while full passes come back. */
export function chainer({ store, timing, onError, sweepMs, firstRestMs }: SweepOptions): Loop {
  const pass = async () => {
    const { chained } = await store.chainAudit({ limit: LIMIT });
    return chained < LIMIT ? sweepMs : 0;
  };
  return new Loop({ name: "audit", timing, onError, pass, firstRestMs });
}
