/** Client calls that a fault sent to rest: time moves for them, for else the test would wait for itself. */
import type { Millrace } from "../millrace.ts";
import type { Conductor } from "./conductor.ts";
import type { StruckFault } from "./faulty-store.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** What a call is helped with. */
export interface HelpedOptions {
  readonly conductor: Conductor;
  readonly time: VirtualTime;
  readonly struck: readonly StruckFault[];
}

type Helped = Pick<
  Millrace,
  "enqueue" | "enqueueMany" | "start" | "operations" | "dead" | "schedule" | "schedules"
>;
type Call = (...args: unknown[]) => Promise<unknown>;

/** The verbs that send again after trouble, for whom a fault moves time as far as their rest. */
export function helpedThrough(options: HelpedOptions): (mr: Helped) => Helped {
  const help =
    (call: unknown) =>
    (...args: unknown[]) =>
      helped(options, () => (call as Call)(...args));
  return ({ enqueue, enqueueMany, start, operations, dead, schedule, schedules }) =>
    ({
      enqueue: help(enqueue),
      enqueueMany: help(enqueueMany),
      start: help(start),
      operations: { ...operations, start: help(operations.start) },
      dead: { ...dead, replay: help(dead.replay), discard: help(dead.discard) },
      schedule: help(schedule),
      schedules: Object.freeze({ ...schedules, run: help(schedules.run) }),
    }) as Helped; // each as it was
}

async function helped<T>({ conductor, time, struck }: HelpedOptions, call: () => Promise<T>): Promise<T> {
  const { length } = struck;
  let isOver = false;
  const calling = call().finally(() => {
    isOver = true;
  });
  calling.catch(() => undefined); // the caller has it
  await conductor.quiet();
  while (!isOver && struck.length > length && !conductor.isBusy) {
    await time.advance(time.nextMs - time.now());
    await conductor.quiet();
  }
  return calling;
}
