/** Rates of requests in sliding windows: read from text, and kept within one process. */
import { MillraceError } from "@millrace/core";

/** At most so many requests in any stretch of so many ms. */
export interface RequestRate {
  readonly requests: number;
  readonly windowMs: number;
}

const WINDOW_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, min: 60_000, h: 3_600_000 };
const MAX_REQUESTS = 1_000_000;

/** Rates such as `"10/s"`, `"500/min"`, `"1000/h"`. @throws MillraceError `bad-config` naming the option and the value. */
export function parseRates(option: string, rates: readonly string[]): readonly RequestRate[] {
  if (!Array.isArray(rates)) throw bad(option, rates);
  return rates.map((rate) => {
    const [, count = "", unit = ""] =
      (typeof rate === "string" && /^(\d{1,7})\/(s|m|min|h)$/.exec(rate)) || [];
    const requests = Number(count);
    const windowMs = WINDOW_MS[unit];
    if (windowMs === undefined || requests < 1 || requests > MAX_REQUESTS) throw bad(option, rate);
    return { requests, windowMs };
  });
}

function bad(option: string, value: unknown): MillraceError {
  const takes = 'a list of rates such as ["10/s", "500/min", "1000/h"], each of 1 to 1000000 requests';
  return new MillraceError(
    "bad-config",
    `${option} has ${JSON.stringify(value) ?? String(value)}; it takes ${takes}`,
    {
      details: { option, value },
    },
  );
}

/** Counts requests over several sliding windows, exactly: it remembers when each of the last ones began. */
export class RateWindows {
  readonly #rates: readonly RequestRate[];
  readonly #most: number;
  readonly #beganMs: Float64Array;
  #taken = 0;

  constructor(rates: readonly RequestRate[]) {
    this.#rates = rates;
    this.#most = Math.max(0, ...rates.map(({ requests }) => requests));
    this.#beganMs = new Float64Array(this.#most);
  }

  /** Takes a place for a request at `nowMs`: 0; or ms to wait before asking again, and nothing is taken. */
  take(nowMs: number): number {
    let waitMs = 0;
    for (const { requests, windowMs } of this.#rates) {
      if (this.#taken < requests) continue;
      const freeAtMs = this.#at(this.#taken - requests) + windowMs;
      waitMs = Math.max(waitMs, freeAtMs - nowMs);
    }
    if (waitMs > 0) return waitMs;
    if (this.#most > 0) this.#beganMs[this.#taken % this.#most] = nowMs;
    this.#taken += 1;
    return 0;
  }

  #at(request: number): number {
    return this.#beganMs[request % this.#most] ?? 0;
  }
}
