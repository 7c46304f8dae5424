/** Turns sketches of calls about schedules into calls. */
import type { MadeFire, ScheduleFire, ScheduleRow } from "@millrace/core";
import type { Call } from "./call.ts";
import { childOf, jobOf, runOf } from "./resolve-jobs.ts";
import type { FireSketch, Sketch } from "./sketch.ts";
import { chosen, type World } from "./world.ts";

type ScheduleSketch = Extract<Sketch, { readonly verb: "setSchedule" | "resumeSchedule" | "fireSchedules" }>;

/** The call; `undefined` where there is no schedule to speak of. */
export function resolveSchedules(world: World, sketch: ScheduleSketch): Call | undefined {
  switch (sketch.verb) {
    case "setSchedule": {
      const { id, tenant, definition, note } = sketch;
      return { verb: "setSchedule", schedule: { id, tenant, definition, ...nextOf(world, sketch) }, note };
    }
    case "resumeSchedule": {
      const row = chosen(world.schedules, sketch.schedule);
      if (row === undefined) return undefined;
      return {
        verb: "resumeSchedule",
        schedule: versionOf(row),
        ...nextOf(world, sketch),
        note: sketch.note,
      };
    }
    case "fireSchedules":
      return firesOf(world, sketch);
  }
}

/** One fire a schedule. */
function firesOf(
  world: World,
  { fires: sketches, note }: Extract<ScheduleSketch, { readonly verb: "fireSchedules" }>,
): Call | undefined {
  const fires = sketches.flatMap((sketch) => fireOf(world, sketch) ?? []);
  const first = fires.filter(
    ({ schedule }, index) => fires.findIndex((other) => other.schedule.id === schedule.id) === index,
  );
  return first.length === 0 ? undefined : { verb: "fireSchedules", fires: first, note };
}

function fireOf(world: World, sketch: FireSketch): ScheduleFire | undefined {
  const now = [...world.state.schedules.values()];
  const row = chosen(sketch.read === "now" ? now : world.schedules, sketch.schedule);
  if (row === undefined) return undefined;
  const { nowMs } = world.state;
  const at = row.nextMs ?? nowMs;
  return {
    schedule: versionOf(row),
    due: sketch.how === "manual" ? "manual" : { at },
    ...(sketch.how === "missed" && { missed: { fromMs: at, beforeMs: nowMs + 1 } }),
    ...(sketch.how !== "missed" && { fire: { fireMs: at, ...madeOf(world, sketch, row) } }),
    overlap: sketch.overlap,
    ...nextOf(world, sketch),
  };
}

/** What the fire makes. */
function madeOf(world: World, sketch: FireSketch, row: ScheduleRow): Omit<MadeFire, "fireMs"> {
  const again = sameAs(world, sketch, row);
  const id = again?.job ?? world.newJobId();
  if (sketch.run === undefined) return { job: { ...jobOf(world, sketch.job, id), unique: undefined } };
  const job = { ...childOf(world, sketch.job, id), run: again?.run ?? world.newRunId() };
  return { job, run: runOf(sketch.run, job) };
}

/** A fire that the schedule has made before and whose job, and run, is still known, as one that is sent again is. */
function sameAs(world: World, { again, run: ofRun }: FireSketch, { recent }: ScheduleRow) {
  const made = recent.filter(
    ({ job, run, outcome }) =>
      outcome === "fired" &&
      job !== undefined &&
      world.state.jobs.has(job) &&
      (run !== undefined) === (ofRun !== undefined) &&
      (run === undefined || world.state.runs.has(run)),
  );
  return again === undefined ? undefined : chosen(made, again);
}

function nextOf(world: World, { nextInMs }: { readonly nextInMs?: number | undefined }): { nextMs?: number } {
  return nextInMs === undefined ? {} : { nextMs: world.state.nowMs + nextInMs };
}

function versionOf({ id, createdAtMs, revision }: ScheduleRow) {
  return { id, createdAtMs, revision };
}
