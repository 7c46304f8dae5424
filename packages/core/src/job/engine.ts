/** What definitions of every kind, and the runs made of them, build on. */
import type { Logger } from "../runtime/logger.ts";
import type { MemoryWatch } from "../runtime/memory-watch.ts";
import type { Random } from "../runtime/random.ts";
import type { OnError } from "../runtime/service.ts";
import type { Timing } from "../runtime/timers.ts";
import type { Store, StoreInfo } from "../store/store.ts";
import type { Registry } from "./registry.ts";
import type { TenantOptions } from "./tenants.ts";

/** One program's millrace: its store, what it can run, and where it reports. */
export interface Engine {
  readonly store: Store;
  /** Handlers of this program's workers, by job name. */
  readonly registry: Registry;
  readonly logger: Logger;
  readonly onError: OnError;
  readonly timing: Timing;
  /** Of the jitter; the machine's where left out. */
  readonly random?: Random | undefined;
  /** Whose jobs are run; everybody's where left out. */
  readonly tenants?: TenantOptions | undefined;
  /** Of this process; says how much bulk work may be under way. */
  readonly memory: MemoryWatch;
  /** Opens the store unless it is open; to be awaited before its verbs are used. */
  open(): Promise<StoreInfo>;
  /** Tells local workers that there may be new jobs, at once or in so many ms. */
  nudge(inMs?: number): void;
}

/** A definition of another kind than a job, such as a batch: brings its own handlers. */
export interface Registrable {
  readonly name: string;
  /** Called once per client, when that is made. */
  register(engine: Engine): void;
}
