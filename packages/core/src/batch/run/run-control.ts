/** What people do to runs: pause, resume, cancel, restart, remove. Everything needed is in the run's row. */
import { sendingAgain } from "../../client/sending-again.ts";
import type { Engine } from "../../job/engine.ts";
import type { Actor } from "../../model/actor.ts";
import type { ControlNote } from "../../model/control-note.ts";
import { MillraceError } from "../../model/errors.ts";
import type { RunId } from "../../model/ids.ts";
import { badOption, refuseUnknownKeys } from "../../model/options.ts";
import { isFinishedRun, type RunMove, type RunRow, type RunState } from "../../model/run.ts";
import { coordinatorJob } from "../run-jobs.ts";

/** Why something is done to a run, in a word or with who says so. */
export type RunNote = string | ControlNote;

/** How a run is restarted. */
export interface RestartOptions extends ControlNote {
  /**
   * `failed`: of steps that have failed or are partial, items that failed are run again; of partial ones nothing new is
   * read. Left out, steps that have failed go on, those that are partial stay so; of a run that is itself partial it is
   * the same as `failed`.
   */
  readonly only?: "failed" | undefined;
}

/** The verbs on a run; they work from any process. */
export interface RunControl {
  /** Stops spawning and beginning chunks; what runs goes on to its end. @throws MillraceError `conflict`, `not-found`. */
  pause(note?: RunNote): Promise<void>;
  /** Has a paused run go on. @throws MillraceError `conflict`, `not-found`. */
  resume(note?: RunNote): Promise<void>;
  /**
   * Ends the run: what waits at once, what runs is told to stop. The run is `cancelled` when the last of its jobs has
   * ended. @throws MillraceError `conflict` where it has ended otherwise, `not-found`.
   */
  cancel(note?: RunNote): Promise<void>;
  /**
   * Has a run that failed, is partial or was cancelled go on, under the same id: completed steps are passed over.
   * @throws MillraceError `conflict` where it is active, has completed, or its instance has another active run.
   */
  restart(options?: RestartOptions): Promise<void>;
  /**
   * Forgets the finished run for good, with its steps, items and counters; its instance is as if it had never run. Workers
   * delete the rows in the background. Its jobs stay.
   * @throws MillraceError `conflict` where it is active, or jobs of it are live; `not-found`.
   */
  remove(note?: RunNote): Promise<void>;
}

/** What the verbs work with. */
export interface RunControlPorts {
  readonly engine: Pick<Engine, "store" | "timing" | "open" | "nudge">;
  /** Who acts where a call does not say. */
  readonly actor: Actor;
}

/** The verbs on this run. */
export function runControl(ports: RunControlPorts, id: RunId): RunControl {
  return {
    pause: async (note) => {
      await move(ports, id, { verb: "pause", from: ["starting", "running"], to: "paused", note });
    },
    resume: async (note) => {
      await move(ports, id, { verb: "resume", from: ["paused"], to: "running", note });
      ports.engine.nudge();
    },
    cancel: (note) => cancel(ports, id, note),
    restart: (options) => restart(ports, id, options),
    remove: (note) => remove(ports, id, note),
  };
}

interface Moving extends Pick<RunMove, "from" | "to"> {
  readonly verb: string;
  readonly note: RunNote | undefined;
}

/** Moves it, unless it is there already. */
async function move(ports: RunControlPorts, id: RunId, moving: Moving): Promise<RunRow> {
  const { store, timing, open } = ports.engine;
  const note = noteOf(ports, moving.verb, moving.note);
  await open();
  const { from, to } = moving;
  const answer = await sendingAgain(timing, () => store.moveRun({ run: id, from, to, note }));
  const row = await rowOf(ports, id);
  if (answer === "conflict" && row.state !== to) throw conflict(moving.verb, row);
  return row;
}

/** The coordinator's end goes down the tree to chunks; a sweep ends the run when the last of them has ended. */
async function cancel(ports: RunControlPorts, id: RunId, given: RunNote | undefined): Promise<void> {
  const { store, timing, nudge } = ports.engine;
  const note = noteOf(ports, "cancel", given);
  const from: readonly RunState[] = ["starting", "running", "paused"];
  const { state, coordinator } = await move(ports, id, {
    verb: "cancel",
    from,
    to: "cancelling",
    note: given,
  }).catch(unlessCancelled(ports, id));
  if (state === "cancelled") return;
  await sendingAgain(timing, () => store.cancel([coordinator], note));
  nudge();
}

function unlessCancelled(ports: RunControlPorts, id: RunId): (error: unknown) => Promise<RunRow> {
  return async (error) => {
    if (!(error instanceof MillraceError) || error.code !== "conflict") throw error;
    const row = await rowOf(ports, id);
    if (row.state !== "cancelled") throw error;
    return row;
  };
}

async function restart(ports: RunControlPorts, id: RunId, options: RestartOptions = {}): Promise<void> {
  refuseUnknownKeys("run.restart", options, ["only", "reason", "by", "actor"]);
  const { only: wanted, ...given } = options;
  if (wanted !== undefined && wanted !== "failed") throw badOption("run.restart.only", wanted, "failed");
  const { store, timing, nudge, open } = ports.engine;
  await open();
  const row = await rowOf(ports, id);
  const only = row.state === "partial" ? "failed" : wanted;
  const coordinator = coordinatorJob(row, { only });
  const from: readonly RunState[] = ["partial", "failed", "cancelled"];
  const note = noteOf(ports, "restart", given);
  const answer = await sendingAgain(timing, () =>
    store.moveRun({ run: id, from, to: "running", coordinator, note }),
  );
  if (answer === "conflict") throw conflict("restart", await rowOf(ports, id));
  nudge();
}

async function remove(ports: RunControlPorts, id: RunId, given: RunNote | undefined): Promise<void> {
  const { store, timing, open } = ports.engine;
  const note = noteOf(ports, "remove", given);
  await open();
  const row = await rowOf(ports, id);
  // One that is not found by now is gone, by a call whose answer was lost or somebody else's.
  const [answer] = await sendingAgain(timing, () => store.removeRuns([id], note));
  if (answer === "still-active") throw conflict("remove", row);
}

async function rowOf({ engine }: RunControlPorts, id: RunId): Promise<RunRow> {
  const [row] = (await engine.store.findRuns({ ids: [id] }, { limit: 1 })).rows;
  if (row !== undefined) return row;
  throw new MillraceError("not-found", `there is no run ${id} (any more)`, { details: { run: id } });
}

function noteOf({ actor }: RunControlPorts, verb: string, note: RunNote = {}): ControlNote {
  if (typeof note === "string") return { actor, reason: note };
  refuseUnknownKeys(`run.${verb}`, note, ["reason", "by", "actor"]);
  return { actor, ...note };
}

function conflict(verb: string, row: RunRow): MillraceError {
  const { id, state } = row;
  const message = `run ${id} is ${state} and cannot be ${PAST[verb] ?? verb}${adviceOf(verb, state)}`;
  return new MillraceError("conflict", message, { details: { run: id, state } });
}

const PAST: Readonly<Record<string, string>> = {
  pause: "paused",
  resume: "resumed",
  cancel: "cancelled",
  restart: "restarted",
  remove: "removed",
};

function adviceOf(verb: string, state: RunState): string {
  if (verb === "remove") {
    return isFinishedRun(state)
      ? " while jobs of it are live; wait for their end, or cancel them"
      : "; wait for its end, or cancel it";
  }
  if (verb !== "restart") return "";
  if (state === "completed") return "; start its instance again with `force`";
  if (isFinishedRun(state)) return ": its instance has another active run; wait for that, or cancel it";
  return state === "paused" ? "; resume it" : "; wait for its end, or cancel it";
}
