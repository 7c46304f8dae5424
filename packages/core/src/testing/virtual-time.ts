/** Time that stands still until moved: for tests of whatever waits. */
import type { Cancel, Timing } from "../runtime/timers.ts";

interface Alarm {
  readonly atMs: number;
  readonly run: () => void;
}

/** Turns of the event loop after each alarm, in which what it woke can act and set new alarms. */
const SETTLING_TURNS = 8;

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

  after(ms: number, run: () => void): Cancel {
    const alarm = { atMs: this.#nowMs + ms, run };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  turn(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  hold(): Cancel {
    return () => undefined;
  }

  /** Alarms not gone off yet. */
  get pending(): number {
    return this.#alarms.size;
  }

  /** Moves time forward, each alarm at its own moment, with room to act after each. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await this.settle();
    for (let alarm = this.#next(endMs); alarm !== undefined; alarm = this.#next(endMs)) {
      this.#alarms.delete(alarm);
      this.#nowMs = Math.max(this.#nowMs, alarm.atMs);
      alarm.run();
      await this.settle();
    }
    this.#nowMs = endMs;
  }

  /** Moves time forward at once, as it looks to a process that was blocked meanwhile: alarms go off late. */
  async jump(ms: number): Promise<void> {
    this.#nowMs += ms;
    await this.advance(0);
  }

  /** Lets everything that is not waiting for time act. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < SETTLING_TURNS; turn += 1) await this.turn();
  }

  #next(endMs: number): Alarm | undefined {
    let first: Alarm | undefined;
    for (const alarm of this.#alarms) if (first === undefined || alarm.atMs < first.atMs) first = alarm;
    return first !== undefined && first.atMs <= endMs ? first : undefined;
  }
}
