/** Sending a call again after trouble: for callers that have nobody to do it for them. */
import { backoffMs } from "../runtime/service.ts";
import { sleep, type Timing } from "../runtime/timers.ts";
import { troubleOf } from "../store/transient.ts";

/** Times a call is sent before its trouble is the caller's. */
const MAX_SENDS = 3;

/**
 * The answer of a call that may be made again under the same ids; `send` is told whether it was made before. The
 * process stays alive between two tries.
 * @throws what the last try threw, or the first that no other would mend.
 */
export async function sendingAgain<T>(timing: Timing, send: (isResend: boolean) => Promise<T>): Promise<T> {
  for (let sends = 1; ; sends += 1) {
    try {
      return await send(sends > 1);
    } catch (error) {
      if (sends === MAX_SENDS || troubleOf(error) === "hopeless") throw error;
      const letGo = timing.hold();
      await sleep(timing, backoffMs(sends));
      letGo();
    }
  }
}
