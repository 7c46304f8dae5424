/** The context of a reading that no run stands behind. */
import type { ReadContext, RunId } from "@millrace/core";

/** Reading from behind a cursor. */
export function readingFrom(cursor?: string): ReadContext<unknown, unknown, unknown> {
  const values = { get: () => undefined, set: () => undefined };
  return {
    params: undefined,
    partition: undefined,
    steps: undefined,
    run: { ...values, id: "run" as RunId, tenant: "" },
    step: values,
    cursor,
    signal: new AbortController().signal,
    count: () => undefined,
    total: () => undefined,
  };
}
