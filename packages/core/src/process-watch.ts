/** `@millrace/core/process-watch`: for programs of child processes that do heavy or dangerous work. Loads nothing else. */
export * from "./runtime/process-watch.ts";
