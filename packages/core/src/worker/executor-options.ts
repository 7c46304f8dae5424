/** What an executor works with. */
import type { JobDefaults } from "../job/job-defaults.ts";
import type { LimitGate } from "../job/limit-gate.ts";
import type { Registry } from "../job/registry.ts";
import type { Random } from "../runtime/random.ts";
import type { OnError } from "../runtime/service.ts";
import type { Timing } from "../runtime/timers.ts";
import type { Store } from "../store/store.ts";
import type { Attempt, Executed } from "./attempt.ts";
import type { Doorman } from "./doorman.ts";
import type { IsolatedHandlers } from "./isolated/isolated-handlers.ts";
import type { TempFolders } from "./temp-folders.ts";

/** What an executor works with. */
export interface ExecutorOptions {
  /** Its capabilities are asked when a transactional job comes: what a store can is known once it is open. */
  readonly store: Pick<Store, "capabilities" | "find">;
  readonly registry: Registry;
  readonly isolated: Pick<IsolatedHandlers, "run">;
  readonly timing: Timing;
  readonly random: Random;
  readonly onError: OnError;
  readonly worker: string;
  /** Of jobs for which neither they nor their definition name one. */
  readonly policies: JobDefaults["policies"];
  readonly tempFolders: TempFolders;
  readonly gate: LimitGate;
  /** Left out where everybody's jobs are run. */
  readonly doorman: Doorman | undefined;
  /** Told of each attempt once, when it is over and what its handler wrote is answered. Must not throw. */
  onOver(attempt: Attempt, executed: Executed): void;
}
