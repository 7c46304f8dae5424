/** Sees that dead letters are not removed by age before somebody has been told. */
import type { Logger } from "../../runtime/logger.ts";
import type { Store } from "../../store/store.ts";

const DAY_MS = 86_400_000;
/** How much earlier than the removal it is told of: a tenth of the retention, at most a day. */
const LEAD_SHARE = 0.1;

/** What a {@link DeadNotice} works with. */
export interface NoticePorts {
  readonly store: Store;
  readonly logger: Logger;
  /** How long dead letters are kept, in ms. */
  readonly retentionMs: number;
}

/** Asked before each removal. */
export class DeadNotice {
  readonly #ports: NoticePorts;
  /** Queues whose dead letters are known to go. */
  #told = new Set<string>();

  constructor(ports: NoticePorts) {
    this.#ports = ports;
  }

  /** Whether what is old enough may go now: it may not where that is only being told. */
  async mayRemove(): Promise<boolean> {
    const { store, retentionMs } = this.#ports;
    const leadMs = Math.min(DAY_MS, retentionMs * LEAD_SHARE);
    const going = (await store.deadDepths({ atMost: 1 })).filter(
      (depth) => depth.oldestAgeMs >= retentionMs - leadMs,
    );
    const fresh = going.filter(({ queue }) => !this.#told.has(queue));
    this.#told = new Set(going.map(({ queue }) => queue));
    for (const { queue, oldestAgeMs } of fresh) this.#tell(queue, retentionMs - oldestAgeMs);
    return fresh.length === 0;
  }

  #tell(queue: string, inMs: number): void {
    const when = inMs > 0 ? `${Math.ceil(inMs / 60_000)} min` : "a minute";
    const message = `dead letters of queue "${queue}" go in ${when}, as retention.dead says`;
    this.#ports.logger.warn(`dead-letters-removal: ${message}; replay them, or keep them longer`, {
      warning: "dead-letters-removal",
      queue,
    });
  }
}
