/** Fires schedules when their time has come. */

import { fireStep } from "../../model/fire-step.ts";
import { fireTimes } from "../../model/fire-times.ts";
import { decodeSchedule } from "../../model/schedule.ts";
import { scheduledFire } from "../../model/schedule-job.ts";
import { Loop, type OnError } from "../../runtime/service.ts";
import type { FireAnswer, ScheduleFire, ScheduleRow, ScheduleVersion } from "../../store/schedule-store.ts";
import type { Store } from "../../store/store.ts";
import { troubleOf } from "../../store/transient.ts";
import type { SweepOptions } from "./sweep-options.ts";

/** Most schedules of one pass. */
const LIMIT = 100;

/**
 * A loop that makes due fires, then rests until the next is due, a sweep at most: others may set schedules meanwhile.
 * Any number of workers may do so: of the same fire one is made, and who comes second looks again later. A schedule that
 * cannot be read here, or whose fire the store refuses, is reported once and keeps no other from its fires. `onFired` is
 * told when jobs were enqueued.
 */
export function scheduleFirer(options: SweepOptions, onFired: () => void): Loop {
  const { store, timing, onError, sweepMs, firstRestMs } = options;
  const complain = onceEach(onError);
  const pass = async () => {
    const { nowMs, rows, nextMs } = await store.dueSchedules({ limit: LIMIT });
    const answers = await send(store, readable(rows, nowMs, complain), complain);
    if (answers.some(({ result }) => result === "fired")) onFired();
    if (answers.some(({ result }) => result !== "stale")) return 0;
    return Math.min(sweepMs, (nextMs ?? Number.POSITIVE_INFINITY) - nowMs);
  };
  return new Loop({ name: "fire", timing, onError, pass, firstRestMs });
}

type Complain = (schedule: ScheduleVersion, error: unknown) => void;

/** Reports an error of a schedule, as it is now, the first time. */
function onceEach(onError: OnError): Complain {
  const known = new Set<string>();
  return ({ id, createdAtMs, revision }, error) => {
    const key = JSON.stringify([id, createdAtMs, revision, String(error)]);
    if (!known.has(key)) onError(error, "fire");
    known.add(key);
  };
}

/** The fires of those schedules that can be read here. */
function readable(rows: readonly ScheduleRow[], nowMs: number, complain: Complain): readonly ScheduleFire[] {
  return rows.flatMap((row) => {
    try {
      return [dueFire(row, nowMs)];
    } catch (error) {
      complain(row, error);
      return [];
    }
  });
}

/** What is to be done about a schedule that is due. */
function dueFire(row: ScheduleRow, nowMs: number): ScheduleFire {
  const definition = decodeSchedule(row.definition);
  const { id, createdAtMs, revision, nextMs: at = nowMs } = row;
  const step = fireStep(fireTimes(definition.timing), definition.misfire, { dueMs: at, nowMs });
  const { missed, fireMs, nextMs } = step;
  return {
    schedule: { id, createdAtMs, revision },
    due: { at },
    missed,
    fire: fireMs === undefined ? undefined : scheduledFire(definition, { id, fireMs }),
    overlap: definition.overlap,
    nextMs,
  };
}

/** Sends the fires together; where the store refuses them, one by one. */
async function send(
  store: Store,
  fires: readonly ScheduleFire[],
  complain: Complain,
): Promise<readonly FireAnswer[]> {
  if (fires.length === 0) return [];
  try {
    return await store.fireSchedules(fires);
  } catch (error) {
    if (troubleOf(error) === "passing") throw error;
  }
  const answers: FireAnswer[] = [];
  for (const fire of fires) {
    try {
      answers.push(...(await store.fireSchedules([fire])));
    } catch (error) {
      if (troubleOf(error) === "passing") throw error;
      complain(fire.schedule, error);
    }
  }
  return answers;
}
