/** What the fake model server refuses by rule: too many inputs or tokens, one marked text, too many requests. */
import { type Question, tokensOf } from "./wire-answer.ts";

/** Limits, none of them by default. */
export interface ServerLimits {
  /** Texts of a request; more are a 413. */
  readonly maxInputs?: number | undefined;
  /** Tokens of a request, counted as four characters each; more are a 413. */
  readonly maxTokens?: number | undefined;
  /** A request with a text that has this in it is a 400, as a whole. */
  readonly poison?: string | undefined;
  /** Requests in each window; more are a 429 with `Retry-After`, and every answer has `x-ratelimit-*`. */
  readonly rate?: { readonly requests: number; readonly windowMs: number } | undefined;
}

/** A request that is refused. */
export interface ModelRefusal {
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Judges requests; counts them in windows that begin with the first request after the last window. */
export class RequestLimits {
  readonly #limits: ServerLimits;
  #windowEndMs = 0;
  #used = 0;

  constructor(limits: ServerLimits) {
    this.#limits = limits;
  }

  judge(question: Question): {
    readonly refusal?: ModelRefusal | undefined;
    readonly headers: Readonly<Record<string, string>>;
  } {
    const { maxInputs = Infinity, maxTokens = Infinity, poison } = this.#limits;
    const rate = this.#rate();
    if (rate.refusal !== undefined) return rate;
    if (question.texts.length > maxInputs) return refused(413, `at most ${maxInputs} inputs`);
    if (tokensOf(question) > maxTokens) return refused(413, `at most ${maxTokens} tokens`);
    if (poison !== undefined && question.texts.some((text) => text.includes(poison))) {
      return refused(400, "an input cannot be embedded");
    }
    return rate;
  }

  #rate(): ReturnType<RequestLimits["judge"]> {
    const { rate } = this.#limits;
    if (rate === undefined) return { headers: {} };
    const nowMs = performance.now();
    if (nowMs >= this.#windowEndMs) {
      this.#windowEndMs = nowMs + rate.windowMs;
      this.#used = 0;
    }
    this.#used += 1;
    const leftMs = Math.ceil(this.#windowEndMs - nowMs);
    const headers = {
      "x-ratelimit-limit-requests": String(rate.requests),
      "x-ratelimit-remaining-requests": String(Math.max(0, rate.requests - this.#used)),
      "x-ratelimit-reset-requests": `${leftMs}ms`,
    };
    if (this.#used <= rate.requests) return { headers };
    const refusal = { status: 429, message: "too many requests" };
    return { refusal, headers: { ...headers, "retry-after-ms": String(leftMs) } };
  }
}

function refused(status: number, message: string): ReturnType<RequestLimits["judge"]> {
  return { refusal: { status, message }, headers: {} };
}
