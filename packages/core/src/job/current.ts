/** Which job the code that asks runs for: seen through awaits and timers, by that handler and nobody else. */
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { checkName } from "../model/options.ts";
import type { JobContext, JobInfo } from "./context.ts";

type Running = Pick<JobContext, "job">;

const running = new AsyncLocalStorage<Running>();

/** The job whose handler called this, directly or not; `undefined` outside handlers. */
export function currentJob(): JobInfo | undefined {
  return running.getStore()?.job;
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
