/** Children a handler has enqueued and nobody has written yet. */
import type { NewChild } from "../job/child.ts";
import type { WriteParts } from "../job/control.ts";
import type { NewJob } from "../model/job.ts";

/** One attempt's. */
export class UnwrittenChildren {
  #jobs: NewJob[] = [];
  #checking: Promise<unknown> | undefined;

  add({ job, checking }: NewChild): void {
    this.#jobs.push(job);
    if (checking === undefined) return;
    this.#checking = Promise.all([this.#checking, checking]);
    this.#checking.catch(() => undefined); // who writes the children has the rejection
  }

  /** Rejects where a child's input turns out to be bad; `undefined` where none is still being checked. */
  get checking(): Promise<unknown> | undefined {
    return this.#checking;
  }

  /** The write with the children. */
  joined(parts: WriteParts): WriteParts {
    return this.#jobs.length === 0 ? parts : { ...parts, spawn: [...(parts.spawn ?? []), ...this.#jobs] };
  }

  /** Forgets them: they are written, or their attempt has failed and the next makes its own. */
  forget(): void {
    this.#jobs = [];
  }
}
