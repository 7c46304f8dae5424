/** Looks at runs through the store until they have ended. */

import { MillraceError } from "../../model/errors.ts";
import type { JobId, RunId } from "../../model/ids.ts";
import { isTerminal } from "../../model/job.ts";
import { isFinishedRun, type RunRow } from "../../model/run.ts";
import type { StepRow } from "../../model/step.ts";
import { backoffMs, type OnError } from "../../runtime/service.ts";
import { sleep, type Timing } from "../../runtime/timers.ts";
import { everyPage } from "../../store/every-page.ts";
import type { Store } from "../../store/store.ts";
import { troubleOf } from "../../store/transient.ts";
import { stepOfExecution } from "../steps/execution.ts";

/** What a {@link RunFollower} works with. */
export interface FollowerPorts {
  readonly store: Store;
  readonly timing: Timing;
  readonly onError: OnError;
  /** Awaited before each look. */
  open(): Promise<unknown>;
}

/** One following of a run. */
export interface Following {
  readonly signal: AbortSignal;
  /** Whether somebody watches each step, so that a run which moves is looked at often. */
  readonly isWatched: boolean;
}

/** What a look at a run gives. */
export interface RunSight {
  /** Its counters are there once it has ended, and before that where somebody watches it. */
  readonly row: RunRow;
  /** Those that have begun; none where nobody watches them. */
  readonly steps: readonly StepRow[];
}

interface Look {
  readonly signal: AbortSignal;
  readonly checksCoordinator: boolean;
  readonly seesSteps: boolean;
}

const FIRST_REST_MS = 50;
const WATCHED_REST_MS = 100;
const MAX_REST_MS = 1_000;
/** Steps asked for at once. */
const PAGE = 1_000;
/** Runs that one sweep ends. */
const SWEPT = 100;

/** All followings of a client. */
export class RunFollower {
  readonly #ports: FollowerPorts;
  readonly #closing = new AbortController();
  /** Ends of rests, by the coordinator whose end they are woken by. */
  readonly #rests = new Map<JobId, Set<AbortController>>();

  constructor(ports: FollowerPorts) {
    this.#ports = ports;
  }

  /** The run as it stands. @throws MillraceError `not-found`, or what the store throws. */
  row(id: RunId): Promise<RunRow> {
    return this.#row(id, true);
  }

  async #row(id: RunId, counters: boolean): Promise<RunRow> {
    await this.#ports.open();
    const { rows } = await this.#ports.store.findRuns({ ids: [id] }, { limit: 1, counters });
    if (rows[0] !== undefined) return rows[0];
    throw new MillraceError("not-found", `there is no run ${id} (any more)`, { details: { run: id } });
  }

  /** The run's steps, and their partitions that have begun, by name. @throws what the store throws. */
  async steps(id: RunId): Promise<readonly StepRow[]> {
    await this.#ports.open();
    const steps: StepRow[] = [];
    for await (const rows of everyPage(PAGE, (page) => this.#ports.store.steps({ run: id }, page)))
      steps.push(...rows.filter(isShown));
    return steps;
  }

  /**
   * The run's row at every look, the last one once it has ended. A run whose coordinator has ended without moving it
   * is ended by a sweep, as workers would end it: nobody waits for ever.
   * @throws MillraceError `not-found`, `store-closed`; the signal's reason.
   */
  async *follow(id: RunId, following: Following): AsyncGenerator<RunSight> {
    const signal = AbortSignal.any([following.signal, this.#closing.signal]);
    const letGo = this.#ports.timing.hold();
    let seen = "";
    let restMs = FIRST_REST_MS;
    const { timing } = this.#ports;
    try {
      for (;;) {
        const fromMs = timing.now();
        const sight = await this.#look(id, {
          signal,
          checksCoordinator: restMs === MAX_REST_MS,
          seesSteps: following.isWatched,
        });
        const { row } = sight;
        const tookMs = timing.now() - fromMs;
        yield sight;
        if (isFinishedRun(row.state)) return;
        const now = following.isWatched ? JSON.stringify(row.counters) : seen;
        restMs = now === seen ? Math.min(restMs * 2, MAX_REST_MS) : WATCHED_REST_MS;
        seen = now;
        // A run of thousands of partitions is let be for as long as a look at it takes.
        const letBeMs = Math.max(restMs, Math.min(tookMs, MAX_REST_MS));
        await this.#rest(row.coordinator, letBeMs, signal);
      }
    } finally {
      letGo();
    }
  }

  /** These jobs have been settled here. */
  settled(ids: readonly JobId[]): void {
    if (this.#rests.size === 0) return;
    for (const id of ids) for (const rest of this.#rests.get(id) ?? []) rest.abort();
  }

  /** Rejects whoever still follows. */
  close(): void {
    this.#closing.abort(new MillraceError("store-closed", "the client was closed while a run was followed"));
  }

  /** Waits out trouble that may pass. */
  async #look(id: RunId, look: Look): Promise<RunSight> {
    const { signal } = look;
    for (let failures = 1; ; failures += 1) {
      signal.throwIfAborted();
      try {
        return await this.#sight(id, look);
      } catch (error) {
        if (signal.aborted || troubleOf(error) !== "passing") throw error;
        this.#ports.onError(error, "progress");
        await sleep(this.#ports.timing, backoffMs(failures), signal);
      }
    }
  }

  async #sight(id: RunId, { signal, checksCoordinator, seesSteps }: Look): Promise<RunSight> {
    const found = await this.#row(id, seesSteps);
    signal.throwIfAborted();
    const row = checksCoordinator && !isFinishedRun(found.state) ? await this.#unlessAbandoned(found) : found;
    if (seesSteps) return { row, steps: await this.steps(id) };
    return { row: isFinishedRun(row.state) ? await this.row(id) : row, steps: [] };
  }

  async #unlessAbandoned(run: RunRow): Promise<RunRow> {
    const { store } = this.#ports;
    const { rows } = await store.find({ ids: [run.coordinator] }, { limit: 1 });
    const coordinator = rows[0];
    // One that is not there any more has ended, and its retention too.
    if (coordinator !== undefined && !isTerminal(coordinator.state)) return run;
    await store.sweepRuns({ limit: SWEPT });
    return this.row(run.id);
  }

  /** Rests until the time is over or the coordinator's attempt ends here. @throws the signal's reason */
  async #rest(coordinator: JobId, ms: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    const rests = this.#rests.get(coordinator) ?? new Set();
    this.#rests.set(coordinator, rests.add(woken));
    const stop = () => woken.abort();
    signal.addEventListener("abort", stop, { once: true });
    if (!signal.aborted) await sleep(this.#ports.timing, ms, woken.signal);
    signal.removeEventListener("abort", stop);
    rests.delete(woken);
    if (rests.size === 0) this.#rests.delete(coordinator);
    signal.throwIfAborted();
  }
}

/** Not of partitions that wait: there may be thousands. */
function isShown({ step, starts }: StepRow): boolean {
  return starts > 0 || stepOfExecution(step) === step;
}
