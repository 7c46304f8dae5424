/** The loops of a worker that serve the whole store, whoever else runs them too. */
import type { Registry } from "../../job/registry.ts";
import type { RetentionMs } from "../../model/retention.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { Loop } from "../../runtime/service.ts";
import type { WorkerSettings } from "../options.ts";
import { cascader } from "./cascader.ts";
import { chainer } from "./chainer.ts";
import { cleaner } from "./cleaner.ts";
import { deadWatch } from "./dead-watch.ts";
import { folder } from "./folder.ts";
import { operator } from "./operator.ts";
import { expirer, rescuer } from "./rescuer.ts";
import { runSweeper } from "./run-sweeper.ts";
import { scheduleFirer } from "./schedule-firer.ts";
import type { SweepOptions } from "./sweep-options.ts";
import { watchdog } from "./watchdog.ts";

/** What they work with. */
export interface SweepsOptions extends Pick<SweepOptions, "store" | "timing" | "onError"> {
  readonly registry: Registry;
  readonly logger: Logger;
  readonly settings: Pick<WorkerSettings, "sweepMs" | "deadThresholds">;
  readonly retention: RetentionMs;
}

/** Whom they tell what they found. */
export interface SweepsEvents {
  /** Jobs may have become ready. */
  onReady(): void;
  /** So may suspects, which are claimed alone. */
  onSuspects(): void;
}

/** They begin one after the other, so that a worker that starts does not ask for a connection for each. */
const SWEEPS = 11;
/** Longest time until all have begun. */
const BEGUN_MS = 1_000;

/** Makes them; none runs yet. */
export function sweepsOf(options: SweepsOptions, { onReady, onSuspects }: SweepsEvents): Loop[] {
  const { store, registry, timing, onError, logger, settings, retention } = options;
  const { sweepMs, deadThresholds: thresholds } = settings;
  const inTurn = (place: number): SweepOptions => {
    const firstRestMs = (Math.min(sweepMs, BEGUN_MS) * place) / SWEEPS;
    return { store, timing, onError, sweepMs, firstRestMs };
  };
  return [
    rescuer(inTurn(0), onSuspects),
    expirer(inTurn(1), onReady),
    folder(inTurn(2), retention.events),
    cleaner(inTurn(3), { retention, logger }),
    cascader(inTurn(4), onReady),
    watchdog(inTurn(5), onReady),
    scheduleFirer(inTurn(6), onReady),
    operator(inTurn(7), registry, onReady),
    chainer(inTurn(8)),
    runSweeper(inTurn(9)),
    ...(thresholds === undefined ? [] : [deadWatch(inTurn(10), { thresholds, logger })]),
  ];
}
