/** A list of what a system must do: each line is done for real, timed, and printed with its figure. */

/** A line that has been tried. */
export interface Tried {
  readonly rule: string;
  readonly ok: boolean;
  /** What was seen, or what went wrong. */
  readonly figure: string;
}

/** One system's list. */
export class Acceptance {
  readonly tried: Tried[] = [];
  readonly #print: (line: string) => void;

  constructor(title: string, print: (line: string) => void = console.log) {
    this.#print = print;
    print(`\n${title}`);
  }

  /** Tries a line: `look` gives what it saw, and throws where that is not what the rule says. */
  async check(rule: string, look: () => Promise<string> | string): Promise<void> {
    let line: Tried;
    try {
      line = { rule, ok: true, figure: await look() };
    } catch (error) {
      line = { rule, ok: false, figure: error instanceof Error ? error.message : String(error) };
    }
    this.tried.push(line);
    this.#print(`  ${line.ok ? "✓" : "✗"} ${rule}${line.figure === "" ? "" : `: ${line.figure}`}`);
  }

  /** Whether every line held. */
  get holds(): boolean {
    return this.tried.length > 0 && this.tried.every(({ ok }) => ok);
  }

  /** Prints how many held. */
  sum(): void {
    const held = this.tried.filter(({ ok }) => ok).length;
    this.#print(`  ${held} of ${this.tried.length} hold`);
  }
}

/** @throws Error that says what was seen. */
export function must(condition: boolean, seen: string): asserts condition {
  if (!condition) throw new Error(seen);
}

/** Looks until something is so, however slow the machine. @throws Error past a minute */
export async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const end = Date.now() + 60_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`${what}: not within a minute`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
