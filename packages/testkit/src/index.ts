export * from "./stores/memory-home.ts";
export * from "./test-store.ts";
