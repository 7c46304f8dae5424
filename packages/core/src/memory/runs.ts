/** Runs: one active per instance, found by id and by instance. */
import type { JobId, RunId } from "../model/ids.ts";
import { isFinishedRun, type NewRun, type RunMove, type RunRow, type RunState } from "../model/run.ts";
import type { Page, PageOptions } from "../store/call.ts";
import type { RunFilter } from "../store/run-store.ts";
import { pageOf } from "./page.ts";
import { newestFirst, SortedKeys } from "./sorted-keys.ts";

/** A run as it is kept; its counters live in the journal. */
export type Run = Omit<RunRow, "counters">;

/** What stands of one instance: its active run, and the newest of those now completed. */
export interface InstanceRuns {
  readonly active?: RunId | undefined;
  readonly completed?: RunId | undefined;
}

interface Standing {
  active?: RunId | undefined;
  readonly completed: Set<RunId>;
}

/** Runs by id, and what each instance's runs stand at. */
export class Runs {
  readonly #runs = new Map<RunId, Run>();
  readonly #ids = new SortedKeys<RunId>(newestFirst);
  readonly #instances = new Map<string, Standing>();
  readonly #active = new Set<RunId>();

  get(id: RunId): Run | undefined {
    return this.#runs.get(id);
  }

  instance(of: InstanceName): InstanceRuns {
    const stands = this.#instances.get(instanceKey(of));
    return { active: stands?.active, completed: [...(stands?.completed ?? [])].sort(newestFirst)[0] };
  }

  /** The runs that have not finished, oldest first. */
  active(): Run[] {
    return [...this.#active].sort().flatMap((id) => this.#runs.get(id) ?? []);
  }

  open(run: NewRun, coordinator: JobId, now: number): void {
    const { rerun: _rerun, force: _force, ...kept } = run;
    this.#ids.add(run.id);
    this.#put({
      ...kept,
      coordinator,
      ...{ state: "running", restarts: 0, createdAtMs: now, updatedAtMs: now },
    });
  }

  /** Moves a run; what the move does not carry stays. */
  move(run: Run, to: Pick<RunMove, "to" | "result" | "error">, now: number): void {
    this.#put({
      ...run,
      state: to.to,
      updatedAtMs: now,
      finishedAtMs: isFinishedRun(to.to) ? now : undefined,
      result: to.result ?? run.result,
      error: to.error ?? run.error,
    });
  }

  /** Gives a finished run another coordinator; what it produced or failed of begins anew. */
  restart(run: Run, to: Pick<RunMove, "result" | "error">, by: { coordinator: JobId; now: number }): void {
    this.#put({
      ...run,
      state: "running",
      coordinator: by.coordinator,
      restarts: run.restarts + 1,
      updatedAtMs: by.now,
      finishedAtMs: undefined,
      result: to.result,
      error: to.error,
    });
  }

  remove({ id, ...of }: Run): void {
    this.#runs.delete(id);
    this.#ids.delete(id);
    this.#active.delete(id);
    const key = instanceKey(of);
    const stands = this.#instances.get(key);
    stands?.completed.delete(id);
    if (stands?.active === undefined && stands?.completed.size === 0) this.#instances.delete(key);
  }

  /** Those in one of these states that finished then or before, oldest first, then by id. */
  finishedUntil(untilMs: number, states: readonly RunState[]): Run[] {
    return [...this.#runs.values()]
      .filter(
        ({ state, finishedAtMs = Number.POSITIVE_INFINITY }) =>
          states.includes(state) && finishedAtMs <= untilMs,
      )
      .sort(
        (left, right) =>
          (left.finishedAtMs ?? 0) - (right.finishedAtMs ?? 0) || (left.id < right.id ? -1 : 1),
      );
  }

  list(filter: RunFilter, page: PageOptions, show: (run: Run) => RunRow): Page<RunRow> {
    return pageOf({
      keys: this.#ids.among(filter.ids, page.after),
      limit: page.limit,
      row: (id) => {
        const run = this.#runs.get(id);
        return run && fits(run, filter) ? show(run) : undefined;
      },
    });
  }

  #put(run: Run): void {
    this.#runs.set(run.id, run);
    if (isFinishedRun(run.state)) this.#active.delete(run.id);
    else this.#active.add(run.id);
    const key = instanceKey(run);
    const stands = this.#instances.get(key) ?? { completed: new Set() };
    if (!isFinishedRun(run.state)) stands.active = run.id;
    else if (stands.active === run.id) stands.active = undefined;
    if (run.state === "completed") stands.completed.add(run.id);
    else stands.completed.delete(run.id);
    this.#instances.set(key, stands);
  }
}

type InstanceName = Pick<NewRun, "tenant" | "definition" | "instance">;

function instanceKey(of: InstanceName): string {
  return JSON.stringify([of.tenant, of.definition, of.instance]);
}

const PLAIN_FIELDS = ["definition", "instance", "tenant"] as const;

function fits(run: Run, filter: RunFilter): boolean {
  if (PLAIN_FIELDS.some((field) => filter[field] !== undefined && filter[field] !== run[field])) return false;
  return filter.states === undefined || filter.states.includes(run.state);
}
