/** How a worker ends: stop claiming, let handlers finish, tell them to stop, give back what is left. */
import type { Timing } from "../runtime/timers.ts";
import type { Claimer } from "./claimer.ts";
import type { Runner } from "./runner.ts";

/** What is shut down, and how patiently. */
export interface ShutdownOptions {
  readonly claimer: Claimer;
  readonly runner: Runner;
  readonly timing: Timing;
  readonly drainMs: number;
  /** Resolves when somebody loses patience. */
  readonly rushed: Promise<void>;
}

/** Resolves when nothing runs and every ending is answered or its lease lost. */
export async function shutDown({ claimer, runner, timing, drainMs, rushed }: ShutdownOptions): Promise<void> {
  runner.drain();
  const claimerEnded = claimer.stop();
  const drained = claimerEnded.then(() => runner.idle());
  await Promise.race([drained, rushed, patience(timing, drainMs, drained)]);
  runner.abort("shutdown");
  // Handlers that do not stop lose their slot after the grace, so this ends.
  await drained;
}

function patience(timing: Timing, ms: number, until: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = timing.after(ms, resolve);
    void until.then(cancel);
  });
}
