/** Fires schedules when their time has come. */

import { fireStep } from "../model/fire-step.ts";
import { fireTimes } from "../model/fire-times.ts";
import { decodeSchedule, type ScheduleDefinition } from "../model/schedule.ts";
import { fireJobId, scheduledJob } from "../model/schedule-job.ts";
import { Loop } from "../runtime/service.ts";
import type { ScheduleFire, ScheduleRow } from "../store/schedule-store.ts";
import type { SweepOptions } from "./rescuer.ts";

/** Most schedules of one pass. */
const LIMIT = 100;

/**
 * A loop that makes due fires, then rests until the next is due, a sweep at most: others may set schedules meanwhile.
 * Any number of workers may do so: of the same fire one is made, and who comes second looks again later. A schedule that
 * cannot be read here is reported once and left to other workers. `onFired` is told when jobs were enqueued.
 */
export function scheduleFirer(options: SweepOptions, onFired: () => void): Loop {
  const { store, timing, onError, sweepMs, firstRestMs } = options;
  const unreadable = new Set<string>();
  const fireOf = (row: ScheduleRow, nowMs: number): readonly ScheduleFire[] => {
    try {
      return [dueFire(row, nowMs)];
    } catch (error) {
      const version = `${row.id} ${row.createdAtMs} ${row.revision}`;
      if (!unreadable.has(version)) onError(error, "fire");
      unreadable.add(version);
      return [];
    }
  };
  const pass = async () => {
    const { nowMs, rows, nextMs } = await store.dueSchedules({ limit: LIMIT });
    const fires = rows.flatMap((row) => fireOf(row, nowMs));
    const answers = fires.length === 0 ? [] : await store.fireSchedules(fires);
    if (answers.some(({ result }) => result === "fired")) onFired();
    if (answers.some(({ result }) => result !== "stale")) return 0;
    return Math.min(sweepMs, (nextMs ?? Number.POSITIVE_INFINITY) - nowMs);
  };
  return new Loop({ name: "fire", timing, onError, pass, firstRestMs });
}

/** What is to be done about a schedule that is due. */
function dueFire(row: ScheduleRow, nowMs: number): ScheduleFire {
  const definition = decodeSchedule(row.definition);
  const at = row.nextMs ?? nowMs;
  const { missed, fireMs, nextMs } = fireStep(fireTimes(definition.timing), definition.misfire, {
    dueMs: at,
    nowMs,
  });
  const { id, createdAtMs, revision } = row;
  return {
    schedule: { id, createdAtMs, revision },
    due: { at },
    missed,
    fire: fireMs === undefined ? undefined : { fireMs, job: jobOf(definition, { id, fireMs }) },
    overlap: definition.overlap,
    nextMs,
  };
}

function jobOf(definition: ScheduleDefinition, fire: { readonly id: string; readonly fireMs: number }) {
  return scheduledJob(definition, fire, fireJobId(fire));
}
