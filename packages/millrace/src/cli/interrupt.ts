/** Ctrl-C and SIGTERM: the first asks to finish what is running, the second to stop now, the third is the system's. */

/** Ends a command that a signal stopped before it did anything; the message is what is said. */
export class Interrupted extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Interrupted";
  }
}

/** Hears signals until disposed. */
export interface Interrupt {
  /** Resolves at the first signal. */
  readonly first: Promise<void>;
  /** Resolves at the second. */
  readonly second: Promise<void>;
  /** Whether there has been one. */
  readonly isRaised: boolean;
  /** Fires at the first. */
  readonly signal: AbortSignal;
  dispose(): void;
}

/** Starts to hear SIGINT and SIGTERM. After the second, signals have their usual effect again. */
export function hearInterrupts(): Interrupt {
  let signals = 0;
  let atFirst: () => void = () => undefined;
  let atSecond: () => void = () => undefined;
  const first = new Promise<void>((resolve) => {
    atFirst = resolve;
  });
  const second = new Promise<void>((resolve) => {
    atSecond = resolve;
  });
  const raised = new AbortController();
  const dispose = (): void => {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  };
  const onSignal = (): void => {
    signals += 1;
    if (signals === 1) {
      raised.abort();
      atFirst();
      return;
    }
    dispose();
    atSecond();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    first,
    second,
    dispose,
    signal: raised.signal,
    get isRaised() {
      return signals > 0;
    },
  };
}
