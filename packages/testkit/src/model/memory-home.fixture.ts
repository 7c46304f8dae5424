/** The memory store as a home under test. */
import { memoryStore } from "@millrace/core";
import type { TestHome, TestStore } from "../test-store.ts";

/** A home whose stores live in this process, their clock at a fixed instant. */
export const memoryHome: TestHome = {
  name: "memory",
  start: async () => {},
  create: createMemory,
  stop: async () => {},
};

async function createMemory(): Promise<TestStore> {
  let nowMs = Date.UTC(2026, 0, 1);
  const store = memoryStore({ now: () => nowMs });
  await store.open();
  await store.migrate();
  return {
    store,
    advance: async (ms) => {
      nowMs += ms;
    },
    dispose: () => store.close(),
  };
}
