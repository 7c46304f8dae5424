/** Lets a worker work in rounds and moves time between them, so that the same test does the same every time. */
import type { Registry } from "../job/registry.ts";
import { MillraceError } from "../model/errors.ts";
import type { JobRow, JobState } from "../model/job.ts";
import type { Store } from "../store/store.ts";
import type { Worker } from "../worker/worker.ts";
import type { Gate } from "./gated-store.ts";
import { allJobs } from "./job-counts.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** What a {@link Conductor} conducts. */
export interface ConductorOptions {
  readonly time: VirtualTime;
  /** The store itself, with neither faults nor gate. */
  readonly store: Store;
  readonly gate: Gate;
  readonly registry: Registry;
  readonly worker: Worker;
  /** Has all workers of the client look for jobs. */
  nudge(): void;
  readonly maxRounds: number;
  /** Ms of real time for handlers that wait for something real, before time moves on; `runAll` has more of it. */
  readonly patienceMs: number;
}

/** Turns of the event loop without a store call after which only time, or something real, brings another. */
const QUIET_TURNS = 6;
/** Most that one look at handlers costs of the patience: time for which the process itself stood still is none of theirs. */
const MAX_LOOK_MS = 20;
/** Longest leap over nothing. */
const LEAP_MS = 60_000;
/** The longest rest before a call that failed is sent again. */
const MAX_REST_MS = 5_000;
/** So many times the patience has `runAll`, which fails when it runs out. */
const RUN_ALL_PATIENCE = 20;
const LATER: readonly JobState[] = ["scheduled", "retrying"];
const NAMES_SHOWN = 5;
/** The machine's own, also where a test puts fake timers in their place later. */
const realTimeout = setTimeout;
const realNow = performance.now.bind(performance);

/** The only one who moves the test's time and opens the gate. */
export class Conductor {
  readonly #options: ConductorOptions;
  #isBusy = false;
  /** Handlers that went on when patience ran out: they wait for time, and are not waited for again. */
  #waiting = 0;
  /** How far rests after faults may move time. */
  #restUntilMs = Number.POSITIVE_INFINITY;

  constructor(options: ConductorOptions) {
    this.#options = options;
  }

  /** Whether time is being moved now. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Runs what is due and what becomes so within `ms`, each at its time. */
  advance(ms: number): Promise<void> {
    return this.#alone(async () => {
      const endMs = this.#options.time.now() + ms;
      this.#restUntilMs = endMs;
      for (;;) {
        await this.#runDue(this.#options.patienceMs);
        const now = this.#options.time.now();
        if (now >= endMs) return;
        await this.#move(Math.min(await this.#nextMs(), endMs) - now);
      }
    });
  }

  /** Runs until nothing is due; with `later`, until nothing is scheduled or retrying either. */
  runAll(later: boolean): Promise<void> {
    const patienceMs = this.#options.patienceMs * RUN_ALL_PATIENCE;
    return this.#alone(async () => {
      this.#restUntilMs = Number.POSITIVE_INFINITY;
      for (let round = 1; ; round += 1) {
        this.#waiting = 0;
        await this.#runDue(patienceMs);
        if (this.#options.worker.running > 0)
          throw this.#neverIdle("still run", await this.#jobs(["running"]));
        const nextMs = await this.#afterMs(later);
        if (nextMs === Number.POSITIVE_INFINITY) return;
        if (round > this.#options.maxRounds) throw this.#neverIdle("keep going", await this.#jobs(LATER));
        await this.#move(nextMs - this.#options.time.now());
      }
    });
  }

  /** Resolves when nothing but time, or something real, will bring another store call. */
  async quiet(): Promise<void> {
    const { gate, time } = this.#options;
    for (let turns = 0; turns < QUIET_TURNS; turns += 1) {
      const { made } = gate;
      await gate.idle();
      await time.turn();
      if (gate.made > made) turns = -1;
    }
  }

  async #alone(work: () => Promise<void>): Promise<void> {
    if (this.#isBusy)
      throw new MillraceError("bad-usage", "advance and runAll run one at a time: await each");
    this.#isBusy = true;
    try {
      await work();
    } finally {
      this.#options.gate.budget = 0;
      this.#isBusy = false;
    }
  }

  /** Rounds until nothing that can run is due. What a round makes due is the next one's. */
  async #runDue(patienceMs: number): Promise<void> {
    const { gate, nudge, maxRounds } = this.#options;
    for (let round = 1; ; round += 1) {
      const due = await this.#jobs(["ready"]);
      if (due.length > 0 && round > maxRounds) throw this.#neverIdle("keep going", due);
      const { claimed } = gate;
      gate.budget = due.length;
      nudge();
      await this.#settled(patienceMs);
      if (due.length === 0) return;
      // The loop rests after a fault; jobs of paused queues, say, just stay.
      const isHeldUp = gate.troubled.has("claim") && (await this.#rest(MAX_REST_MS));
      if (!isHeldUp && gate.claimed === claimed) return;
    }
  }

  /** Handlers that end by themselves have ended, and their endings are in the store. */
  async #settled(patienceMs: number): Promise<void> {
    const { worker, time, gate } = this.#options;
    const startMs = time.now();
    await this.quiet();
    this.#waiting = Math.min(this.#waiting, worker.running);
    let leftMs = patienceMs;
    while (worker.running > this.#waiting && leftMs > 0) {
      const lookedAt = realNow();
      // A handler whose write met a fault goes on after a rest, for which time has to move.
      const hasRested = gate.troubled.size > 0 && (await this.#rest(startMs + MAX_REST_MS - time.now()));
      if (!hasRested) await new Promise((resolve) => realTimeout(resolve, 1));
      await this.quiet();
      leftMs -= Math.min(realNow() - lookedAt, MAX_LOOK_MS);
    }
    this.#waiting = worker.running;
  }

  /** Moves time to the next alarm, if that is near enough. */
  async #rest(withinMs: number): Promise<boolean> {
    const { time } = this.#options;
    if (time.nextMs > Math.min(time.now() + withinMs, this.#restUntilMs)) return false;
    await time.advance(time.nextMs - time.now());
    return true;
  }

  /** Alarm by alarm while something runs; else in leaps, for then nobody needs the loops' polls. */
  async #move(ms: number): Promise<void> {
    const { time } = this.#options;
    if (await this.#isWatched()) await time.advance(Math.max(0, Math.min(ms, time.nextMs - time.now())));
    else await time.jump(ms);
    await this.quiet();
  }

  /** Until when `runAll` has to move time: what a fault left half done gets its rests and leases. */
  async #afterMs(later: boolean): Promise<number> {
    if (await this.#isWatched()) return this.#options.time.nextMs;
    return later ? this.#dueMs() : Number.POSITIVE_INFINITY;
  }

  async #nextMs(): Promise<number> {
    const { time } = this.#options;
    const minuteMs = (Math.floor(time.now() / LEAP_MS) + 1) * LEAP_MS;
    return Math.min(await this.#dueMs(), await this.#fireMs(), time.nextExactMs, minuteMs);
  }

  /** When the next schedule fires. */
  async #fireMs(): Promise<number> {
    return (await this.#options.store.dueSchedules({ limit: 0 })).nextMs ?? Number.POSITIVE_INFINITY;
  }

  /** When the next job falls due that has a handler. */
  async #dueMs(): Promise<number> {
    let dueMs = Number.POSITIVE_INFINITY;
    for (const { runAtMs } of await this.#jobs(LATER)) dueMs = Math.min(dueMs, runAtMs);
    return dueMs;
  }

  /** Whether a lease, a time-out, a rescue or a suspect depends on each alarm going off in time. */
  async #isWatched(): Promise<boolean> {
    if (this.#options.worker.running > 0) return true;
    const rows = await this.#jobs(["running", "ready"]);
    return rows.some(({ state, rescues }) => state === "running" || rescues > 0);
  }

  async #jobs(states: readonly JobState[]): Promise<readonly JobRow[]> {
    const { store, registry } = this.#options;
    const rows = await allJobs(store, { states });
    return rows.filter(({ name }) => registry.get(name) !== undefined);
  }

  #neverIdle(what: string, rows: readonly JobRow[]): MillraceError {
    const { maxRounds, patienceMs } = this.#options;
    const realMs = patienceMs * RUN_ALL_PATIENCE;
    const names = [...new Set(rows.map(({ name }) => name))];
    const shown = names.slice(0, NAMES_SHOWN).join(", ") + (names.length > NAMES_SHOWN ? ", …" : "");
    const how =
      what === "still run"
        ? `after ${realMs} ms of real time; where they wait for time, use advance()`
        : `after ${maxRounds} rounds; have them end, or raise maxRounds`;
    return new MillraceError("never-idle", `jobs ${what} (${shown}) ${how}`, { details: { names } });
  }
}
