/** Tells the user when an endpoint asks to be left alone, so that waiting does not look like hanging. */
import type { Holds } from "@millrace/rag";
import type { Terminal } from "../terminal.ts";
import { spanRange } from "../words.ts";

/** Shorter ones pass before anybody wonders. */
const WORTH_TELLING_MS = 5_000;

/** The same holds; what holds for long is said, once for each stretch. */
export function toldHolds(holds: Holds, terminal: Terminal): Holds {
  let toldUntilMs = 0;
  return {
    left: (key) => holds.left(key),
    hold: async (key, ms, reason) => {
      await holds.hold(key, ms, reason);
      if (ms < WORTH_TELLING_MS || performance.now() + ms < toldUntilMs + WORTH_TELLING_MS) return;
      toldUntilMs = performance.now() + ms;
      terminal.say("warn", `${key} is to be left alone for ${spanRange(ms, ms)} (${reason}): its items wait`);
    },
  };
}
