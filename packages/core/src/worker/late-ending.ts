/** Sees an attempt through to the end that its handler gives it after the time-out. */
import type { Control } from "../job/control.ts";
import type { LateParts } from "../job/late-end.ts";
import type { Holder } from "./holder.ts";

/** What it ends with, once nothing of the handler runs any more, or past the grace: `stuck` is then given what still runs. */
export function lateEnding(
  holder: Pick<Holder, "onReclaim">,
  { running, finish, overdue }: LateParts,
  stuck: (handling: Promise<unknown>) => Error,
): Promise<Control> {
  return new Promise((resolve, reject) => {
    const over = new AbortController();
    const finishing = finish(over.signal);
    let isFinished = false;
    const finished = finishing.finally(() => {
      isFinished = true;
    });
    const whole = Promise.allSettled([finished, running]);
    void whole.then(() => resolve(finishing));
    holder.onReclaim(() => {
      over.abort(stuck(whole));
      if (isFinished) resolve(finishing);
      else reject(overdue());
    });
  });
}
