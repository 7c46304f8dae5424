/** Conformance suite, batch rules, reference model and test homes of millrace. */
export * from "./batch/index.ts";
export * from "./conformance/index.ts";
export * from "./model/check-model.ts";
export * from "./model-server/index.ts";
export * from "./stores/memory-home.ts";
export * from "./stores/pgbouncer-home.ts";
export * from "./stores/pglite-home.ts";
export * from "./stores/postgres-home.ts";
export * from "./stores/sql-home.ts";
export * from "./test-store.ts";
export * from "./transactional/index.ts";
