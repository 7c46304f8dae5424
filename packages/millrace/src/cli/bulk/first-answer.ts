/** How long a command waits for an endpoint that has never been there: not as long as for one that went away. */
import { MillraceError, systemTiming, type Timing } from "@millrace/core";

/** Enough for a service that starts together with the command. */
export const FIRST_ANSWER_MS = 15_000;

/** Whom to tell, and by which clock. */
export interface FirstAnswerParts {
  /** Nothing answered in time. Called once at most. */
  onNone(error: MillraceError): void;
  readonly timing?: Timing | undefined;
}

/** The wait for one endpoint's first answer. It begins with the first failure. */
export class FirstAnswer {
  readonly #parts: FirstAnswerParts;
  #stop: (() => void) | undefined;
  #hasCome = false;

  constructor(parts: FirstAnswerParts) {
    this.#parts = parts;
  }

  /** Whether the endpoint has ever answered, be it with an error. */
  get hasCome(): boolean {
    return this.#hasCome;
  }

  /** It answered: from now on its trouble is waited out as retries say. */
  came(): void {
    this.#hasCome = true;
    this.#stop?.();
  }

  /** Nothing was there to answer; `message` says what was found in its place. */
  failed(message: string): void {
    if (this.#hasCome) return;
    const { timing = systemTiming, onNone } = this.#parts;
    this.#stop ??= timing.after(FIRST_ANSWER_MS, () => onNone(unreachable(message)));
  }
}

function unreachable(message: string): MillraceError {
  const seconds = FIRST_ANSWER_MS / 1_000;
  const todo = "see that it runs and its url is right, then run the same command again to go on";
  return new MillraceError(
    "model-unreachable",
    `${message}, for ${seconds} s and from the first try: ${todo}`,
  );
}
