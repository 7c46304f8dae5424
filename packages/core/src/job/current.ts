/** Which job the code that asks runs for: seen through awaits and timers, by that handler and nobody else. */
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { checkName } from "../model/options.ts";
import type { JobContext, JobInfo } from "./context.ts";

type Running = Pick<JobContext, "job">;

/** What code runs for, and in. */
interface Scope {
  readonly job?: JobInfo | undefined;
  /** Whether it is inside a transaction that has its store's one connection. */
  readonly isInside?: boolean;
}

const running = new AsyncLocalStorage<Scope>();

/** The job whose handler called this, directly or not; `undefined` outside handlers. */
export function currentJob(): JobInfo | undefined {
  return running.getStore()?.job;
}

/** Whether the code that asks was called, directly or not, by work of {@link whileInside} that has not ended. */
export function insideTransaction(): boolean {
  return running.getStore()?.isInside === true;
}

/** Does work inside a transaction that has its store's one connection; for the same job as what called this. */
export function whileInside<T>(work: () => Promise<T>): Promise<T> {
  const outer = running.getStore();
  let isInside = true;
  const scope: Scope = {
    get job() {
      return outer?.job;
    },
    get isInside() {
      return isInside;
    },
  };
  // What it has started and left behind may make calls again.
  return running.run(scope, work).finally(() => {
    isInside = false;
  });
}

/** The tenant of {@link currentJob}, empty for the default tenant; `undefined` outside handlers. */
export function currentTenant(): string | undefined {
  return currentJob()?.tenant;
}

/**
 * The tenant an option names; where it names none, that of the job whose handler asks, else the default one, which is "".
 * @throws MillraceError `bad-config`
 */
export function tenantFor(option: string, tenant: string | undefined): string {
  const chosen = tenant ?? currentTenant() ?? "";
  return chosen === "" ? "" : checkName(option, chosen);
}

/** Does something on behalf of a job; what it starts keeps the job, what called this does not get it. */
export type OnBehalfOf = <T>(context: Running, work: () => T) => T;

/**
 * Made once for many jobs; the rest of the asynchronous context is that of whoever makes it. Calls must not be nested.
 * A context that is entered from a resource and left with it is made once for each job; `AsyncLocalStorage.run` makes
 * another to come back to, which costs more than everything else about it.
 */
export function onBehalf(): OnBehalfOf {
  const scope = new AsyncResource("MillraceJob");
  return (context, work) =>
    scope.runInAsyncScope(() => {
      running.enterWith(context);
      return work();
    });
}
