/** Bounds isolated jobs by the processes they run in: no more are claimed or started than there are places for. */
import type { Registry } from "../../job/registry.ts";

/** What {@link ProcessPlaces} look at. */
export interface ProcessPlacesOptions {
  readonly registry: Registry;
  /** Most isolated jobs at once. */
  readonly limit: number;
  /** Whether jobs of this isolated handler can be run; one that is not known yet is looked into. */
  isReady(name: string): boolean;
}

/** What a claim may ask for. */
export interface Asking {
  readonly names: readonly string[];
  /** Most jobs of the claim. */
  readonly most: number;
}

/** Isolated jobs give way to the others in a claim that brought none of them, for so long. */
const PASSED_OVER_MS = 250;

/** Counts isolated jobs that run, and those claimed that wait for a place. */
export class ProcessPlaces {
  readonly #options: ProcessPlacesOptions;
  #running = 0;
  #waiting = 0;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #passedOverUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: ProcessPlacesOptions) {
    this.#options = options;
  }

  /** Whether jobs of this name run in processes of their own. */
  isIsolated(name: string): boolean {
    return this.#options.registry.get(name)?.isolation !== undefined;
  }

  /** Whether an isolated job may start. */
  get isAnyFree(): boolean {
    return this.#running < this.#options.limit;
  }

  take(): void {
    this.#running += 1;
  }

  release(): void {
    this.#running -= 1;
  }

  /** So many claimed jobs more (or fewer) wait for a place. */
  wait(jobs: number): void {
    this.#waiting += jobs;
  }

  /** All jobs that can be run here. */
  get runnable(): readonly string[] {
    const { registry, isReady } = this.#options;
    if (registry.isolated.length === 0) return registry.names;
    return registry.names.filter((name) => !this.isIsolated(name) || isReady(name));
  }

  /** Those that could be started now: isolated ones only while there is a place that no claimed one waits for. */
  names(): readonly string[] {
    const { runnable } = this;
    return this.#spare > 0 ? runnable : runnable.filter((name) => !this.isIsolated(name));
  }

  /** What the next claim may ask for. */
  ask(nowMs: number): Asking {
    const names = this.names();
    const inline = names.filter((name) => !this.isIsolated(name));
    if (inline.length === names.length) return { names, most: Number.POSITIVE_INFINITY };
    if (inline.length > 0 && nowMs < this.#passedOverUntilMs) {
      return { names: inline, most: Number.POSITIVE_INFINITY };
    }
    this.#askedAtMs = nowMs;
    return { names, most: this.#spare };
  }

  /**
   * A claim came back full. Where it was kept small for the sake of isolated jobs and brought none, others would
   * be held up by that.
   */
  full(names: readonly string[]): void {
    if (names.some((name) => this.isIsolated(name))) return;
    this.#passedOverUntilMs = this.#askedAtMs + PASSED_OVER_MS;
  }

  get #spare(): number {
    return this.#options.limit - this.#running - this.#waiting;
  }
}
