/** Gets a run into the store, whatever becomes of the first answers. */

import { sendingAgain } from "../client/sending-again.ts";
import { tenantFor } from "../job/current.ts";
import type { Engine } from "../job/engine.ts";
import type { NewJob } from "../model/job.ts";
import { refuseUnknownKeys } from "../model/options.ts";
import type { NewRun, RunStart } from "../model/run.ts";

/** Options of starting a run. */
export interface StartOptions {
  /** Whose run it is; inside a handler that of its job where left out, else the default tenant's, which is `""`. */
  readonly tenant?: string | undefined;
}

const KEYS: readonly (keyof StartOptions)[] = ["tenant"];

/** The tenant that options name. @throws MillraceError `bad-config` */
export function tenantOf(options: StartOptions = {}): string {
  refuseUnknownKeys("start", options, KEYS);
  return tenantFor("start.tenant", options.tenant);
}

/**
 * Opens the run. After trouble the call is sent again under the same ids, so there is never a second run.
 * @throws what the store throws in the end.
 */
export async function startRun(
  { store, timing, open, nudge }: Engine,
  { run, coordinator }: { readonly run: NewRun; readonly coordinator: NewJob },
): Promise<RunStart> {
  await open();
  const answer = await sendingAgain(timing, () => store.startRun(run, coordinator));
  nudge();
  // A run found under our own id was opened by a call whose answer was lost.
  return answer.run === run.id ? { ...answer, result: "started" } : answer;
}
