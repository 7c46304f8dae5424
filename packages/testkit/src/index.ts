export * from "./model/check-model.ts";
export * from "./test-store.ts";
