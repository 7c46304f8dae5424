/** What tests of programs built on millrace use. */
export { lossyMemoryStore } from "./lossy-memory-store.ts";
export { VirtualTime } from "./virtual-time.ts";
