/** Setting in the store the capacities that a program was configured with. */
import type { Actor } from "../model/actor.ts";
import { PRIORITIES } from "../model/job.ts";
import type { Logger } from "../runtime/logger.ts";
import type { QueueChange, QueueSetting } from "../store/queue-store.ts";
import type { Store } from "../store/store.ts";

/** What is to be set, and by whom. */
export interface Capacities {
  readonly store: Pick<Store, "queueSettings" | "configureQueue">;
  readonly actor: Actor;
  readonly capacities: ReadonlyMap<string, QueueChange>;
  readonly logger: Logger;
}

/**
 * Sets what differs, and nothing else: limits that are not named stay, and so does a pause. A limit that somebody else
 * had set is said in a warning, and one that an operator had set stays, which is said too.
 */
export async function applyCapacities({ store, actor, capacities, logger }: Capacities): Promise<void> {
  if (capacities.size === 0) return;
  const settings = new Map((await store.queueSettings()).map((setting) => [setting.queue, setting]));
  for (const [queue, change] of capacities) {
    const differing = differences(change, settings.get(queue));
    if (differing.length === 0) continue;
    await store.configureQueue(
      queue,
      { ...change, source: "configuration" },
      { actor, reason: "as configured" },
    );
    if (settings.get(queue)?.source === "operator") sayKept(logger, queue, differing);
    else say(logger, queue, differing);
  }
}

interface Difference {
  /** `capacity`, or that of a class. */
  readonly limit: string;
  readonly before: number | undefined;
  readonly after: number;
}

function differences(change: QueueChange, setting: QueueSetting | undefined): readonly Difference[] {
  const pairs: readonly (readonly [string, number | undefined, number | null | undefined])[] = [
    ["capacity", setting?.capacity, change.capacity],
    ...PRIORITIES.map(
      (priority) =>
        [
          `capacity of class ${priority}`,
          setting?.capacities[priority],
          change.capacities?.[priority],
        ] as const,
    ),
  ];
  return pairs.flatMap(([limit, before, after]) =>
    after == null || after === before ? [] : [{ limit, before, after }],
  );
}

/** The store has kept what the operator said. */
function sayKept(logger: Logger, queue: string, differing: readonly Difference[]): void {
  for (const { limit, before, after } of differing) {
    logger.warn(
      `queue "${queue}": an operator has set ${limit} to ${before ?? "none"}, which stands; this program is configured with ${after}, which holds once "millrace queues set ${queue} --unset" has been run`,
      { queue, before, after },
    );
  }
}

function say(logger: Logger, queue: string, differing: readonly Difference[]): void {
  for (const { limit, before, after } of differing) {
    const fields = { queue, before, after };
    if (before === undefined)
      logger.info(`queue "${queue}": ${limit} is ${after} now, as configured`, fields);
    else {
      logger.warn(
        `queue "${queue}": ${limit} was ${before} in the store and is ${after} now, as this program is configured; the last program to open the store wins`,
        fields,
      );
    }
  }
}
