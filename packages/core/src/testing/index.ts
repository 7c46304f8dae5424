/** What tests of programs built on millrace use. */
export {
  type Fault,
  type FaultPlan,
  type FaultyStore,
  faultyStore,
  type RandomFaults,
  type StruckFault,
} from "./faulty-store.ts";
export { type Intercept, interceptedStore, type StoreCall, type StoreVerb } from "./intercepted-store.ts";
export type { CountFilter, JobCounts } from "./job-counts.ts";
export { lossyMemoryStore } from "./lossy-memory-store.ts";
export { seededRandom } from "./seeded-random.ts";
export {
  type EnqueuedJob,
  type Reported,
  type RunAllOptions,
  type TestMillrace,
  type TestOptions,
  testMillrace,
} from "./test-millrace.ts";
export { VirtualTime } from "./virtual-time.ts";
