/** The memory store as a home for tests: nothing to start, a clock in a variable. */
import { lossyMemoryStore } from "@millrace/core/testing";
import type { TestHome, TestStore } from "../test-store.ts";

const START = Date.UTC(2026, 0, 1);

/** Homes on the memory store. */
export function memoryHome(): TestHome {
  return {
    name: "memory",
    start: async () => {},
    create: createStore,
    stop: async () => {},
  };
}

async function createStore(): Promise<TestStore> {
  let now = START;
  const { store, lose } = lossyMemoryStore({ now: () => now });
  await store.open();
  await store.migrate();
  return {
    store,
    advance: async (ms) => {
      now += ms;
    },
    lose: async (id) => lose(id),
    reopen: async () => {
      await store.close();
      await store.open();
      return store;
    },
    dispose: () => store.close(),
  };
}
