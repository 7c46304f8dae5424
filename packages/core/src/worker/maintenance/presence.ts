/** Says in the store's registry which workers of a client are at work: one call for all of them, every few seconds. */
import type { WorkerId } from "../../model/ids.ts";
import type { WorkerWord } from "../../model/worker.ts";
import { Loop, type OnError } from "../../runtime/service.ts";
import type { Timing } from "../../runtime/timers.ts";
import type { WorkerStore } from "../../store/worker-store.ts";

/** What a {@link Presence} works with. */
export interface PresenceOptions {
  readonly store: WorkerStore;
  readonly timing: Timing;
  readonly onError: OnError;
}

/** How often the word is given, and how long it holds: a vanished worker is live for three of them at most. */
const EVERY_MS = 5_000;
const HOLDS_MS = 15_000;

/** A worker as it is now. */
export interface Member {
  readonly id: WorkerId;
  word(): WorkerWord;
}

/** The workers of one client. */
export class Presence {
  readonly #options: PresenceOptions;
  readonly #members = new Map<WorkerId, Member>();
  #loop: Loop | undefined;
  #sending: Promise<void> = Promise.resolve();

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  /** Something about a worker has changed that others should know at once. */
  nudge(): void {
    this.#loop?.nudge();
  }

  /** Enters a worker, at once and then again and again. */
  join(member: Member): void {
    this.#members.set(member.id, member);
    if (this.#loop === undefined) {
      const { timing, onError } = this.#options;
      this.#loop = new Loop({ name: "presence", timing, onError, pass: () => this.#pass() });
      this.#loop.start();
    } else this.#loop.nudge();
  }

  /** Has a worker forgotten, if it had joined. Trouble is reported: its word runs out by itself. */
  async leave(id: WorkerId): Promise<void> {
    if (!this.#members.delete(id)) return;
    if (this.#members.size === 0) {
      const loop = this.#loop;
      this.#loop = undefined;
      await loop?.stop();
    }
    try {
      await this.#sending.catch(() => undefined); // a word on its way must not come after the removal
      await this.#options.store.removeWorkers([id]);
    } catch (error) {
      this.#options.onError(error, "presence");
    }
  }

  async #pass(): Promise<number> {
    const words = [...this.#members.values()].map((member) => member.word());
    this.#sending = this.#options.store.registerWorkers(words, { forMs: HOLDS_MS });
    await this.#sending;
    return EVERY_MS;
  }
}
