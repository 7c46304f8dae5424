/** The public surface of `@millrace/core`. */

export * from "./memory/memory-store.ts";
export * from "./model/envelope.ts";
export * from "./model/errors.ts";
export * from "./model/ids.ts";
export * from "./model/job.ts";
export * from "./model/json.ts";
export * from "./model/retry.ts";
export * from "./model/run.ts";
export * from "./model/settlement.ts";
export * from "./runtime/clock.ts";
export * from "./store/call.ts";
export * from "./store/checks.ts";
export * from "./store/job-store.ts";
export * from "./store/run-store.ts";
export * from "./store/store.ts";
