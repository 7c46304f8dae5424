/** Setting in the store the capacities that a program was configured with. */
import { PRIORITIES } from "../model/job.ts";
import type { Logger } from "../runtime/logger.ts";
import type { QueueChange, QueueSetting } from "../store/queue-store.ts";
import type { Store } from "../store/store.ts";

/**
 * Sets what differs, and nothing else: limits that are not named stay, and so does a pause. A limit that somebody else
 * had set is said in a warning.
 */
export async function applyCapacities(
  store: Pick<Store, "queueSettings" | "configureQueue">,
  capacities: ReadonlyMap<string, QueueChange>,
  logger: Logger,
): Promise<void> {
  if (capacities.size === 0) return;
  const settings = new Map((await store.queueSettings()).map((setting) => [setting.queue, setting]));
  for (const [queue, change] of capacities) {
    const differing = differences(change, settings.get(queue));
    if (differing.length === 0) continue;
    await store.configureQueue(queue, change);
    say(logger, queue, differing);
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
