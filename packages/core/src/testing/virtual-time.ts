/** Time that stands still until moved, also while files are read or written: for tests of whatever waits. */
import type { Cancel, Timing } from "../runtime/timers.ts";

interface Alarm {
  readonly atMs: number;
  /** Whether nobody minds if it goes off late: the polls of loops that have nothing to do. */
  readonly isLoose: boolean;
  readonly run: () => void;
}

/** Turns of the event loop after each alarm, in which what it woke can act and set new alarms. */
const SETTLING_TURNS = 8;
/** As Node calls calls of its file system that have no answer yet. */
const FILE_REQUESTS = /^(FSReq|CloseReq)/;
/** How long such calls are waited for: one may have no end, such as of a pipe that nobody writes to. */
const MOST_AT_FILES_MS = 10_000;
/** The machine's own, also where a test puts fake timers in its place later. */
const realImmediate = setImmediate;
const realNow = performance.now.bind(performance);

/** A {@link Timing}, and a clock in whole ms, moved by hand. */
export class VirtualTime implements Timing {
  #nowMs: number;
  readonly #alarms = new Set<Alarm>();

  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  after(ms: number, run: () => void): Cancel {
    return this.#set(ms, false, run);
  }

  turn(): Promise<void> {
    return new Promise((resolve) => realImmediate(resolve));
  }

  hold(): Cancel {
    return () => undefined;
  }

  /** The same time for those whose alarms may be passed over while nothing depends on them. */
  get loose(): Timing {
    return {
      now: () => this.#nowMs,
      wallMs: () => this.#nowMs,
      after: (ms, run) => this.#set(ms, true, run),
      turn: () => this.turn(),
      hold: () => this.hold(),
    };
  }

  /** Alarms not gone off yet. */
  get pending(): number {
    return this.#alarms.size;
  }

  /** When the next alarm goes off; `Infinity` without one. */
  get nextMs(): number {
    return this.#next()?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** When the next alarm goes off that is not loose; `Infinity` without one. */
  get nextExactMs(): number {
    return this.#next((alarm) => !alarm.isLoose)?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** Moves time forward, each alarm at its own moment, with room to act after each. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await this.settle();
    while (this.nextMs <= endMs) {
      this.#nowMs = Math.max(this.#nowMs, this.nextMs);
      this.#fire();
      await this.settle();
    }
    this.#nowMs = endMs;
  }

  /** Moves time forward at once, as it looks to a process that was blocked meanwhile: alarms go off late. */
  async jump(ms: number): Promise<void> {
    this.#nowMs += ms;
    await this.advance(0);
  }

  /** Lets everything that is not waiting for time act. What this process reads and writes in files is waited for. */
  async settle(): Promise<void> {
    const untilMs = realNow() + MOST_AT_FILES_MS;
    for (let wasAtFiles = true; wasAtFiles && realNow() < untilMs; ) {
      wasAtFiles = isAtFiles();
      for (let turn = 0; turn < SETTLING_TURNS; turn += 1) await this.turn();
      wasAtFiles ||= isAtFiles();
    }
  }

  #set(ms: number, isLoose: boolean, run: () => void): Cancel {
    const alarm = { atMs: this.#nowMs + ms, isLoose, run };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  #fire(): void {
    const alarm = this.#next();
    if (alarm === undefined) return;
    this.#alarms.delete(alarm);
    alarm.run();
  }

  #next(fits: (alarm: Alarm) => boolean = () => true): Alarm | undefined {
    let first: Alarm | undefined;
    for (const alarm of this.#alarms) {
      if (fits(alarm) && (first === undefined || alarm.atMs < first.atMs)) first = alarm;
    }
    return first;
  }
}

/** Files are read and written in the machine's time, however little of it goes by here. */
function isAtFiles(): boolean {
  return process.getActiveResourcesInfo().some((kind) => FILE_REQUESTS.test(kind));
}
