/** How many requests an endpoint gets at once: grows by addition while answers stay quick, shrinks by multiplication. */

/** What one answered request says of the endpoint. */
export interface Sample {
  /** Milliseconds from sending to the end of the answer. */
  readonly ms: number;
  /** How much was asked for; latencies are compared among requests of about one size (powers of two). */
  readonly size: number;
  /** `overload`: a 429, a 503, a time-out. */
  readonly verdict: "good" | "overload";
  /** Requests in flight when this one was sent, itself included. */
  readonly inFlight: number;
  /** The limit's {@link AdaptiveLimit.era} when it was sent. */
  readonly era: number;
}

/** A limit and what it was learned from. Pure data: {@link learned} makes the next one. */
export interface AdaptiveLimit {
  readonly limit: number;
  /** The ceiling. */
  readonly most: number;
  /** Counts decreases: requests sent before the last one say nothing about the limit after it. */
  readonly era: number;
  /** Until the first decrease the limit doubles with each round of answers. */
  readonly isStarting: boolean;
  /** Usual latency by size class, drifting slowly up and quickly down. */
  readonly usualMs: ReadonlyMap<number, number>;
  /** Recent latency ÷ usual latency, averaged over some ten answers. */
  readonly slowness: number;
}

const START = 4;
const OVERLOAD_FACTOR = 0.5;
/** A latency gradient does less than a refusal: it may be somebody else's load. */
const GRADIENT_FLOOR = 0.8;
/** Latencies up to twice the usual are noise. */
const TOLERANCE = 2;
const SLOWNESS_WEIGHT = 0.1;
const USUAL_DOWN = 0.1;
const USUAL_UP = 0.005;

/** A limit that starts at 4 and never passes `most`. */
export function adaptiveLimit(most: number): AdaptiveLimit {
  return { limit: Math.min(START, most), most, era: 0, isStarting: true, usualMs: new Map(), slowness: 1 };
}

/**
 * The limit after one more answer. A refusal halves it, once for all requests that were in flight together. Answers
 * that have become slow lower it by the gradient (usual ÷ recent latency), at most by a fifth at a time. Good answers
 * raise it, one more request for each round of answers (doubling at first), if the limit was what held requests back.
 *
 * Method: additive increase, multiplicative decrease (Chiu and Jain, "Analysis of the Increase and Decrease Algorithms
 * for Congestion Avoidance in Computer Networks", 1989), with the latency gradient of delay-based congestion control.
 */
export function learned(before: AdaptiveLimit, sample: Sample): AdaptiveLimit {
  if (sample.verdict === "overload") return lowered(before, sample, OVERLOAD_FACTOR);
  const state = withLatency(before, sample);
  if (state.slowness > TOLERANCE) {
    const after = lowered(state, sample, Math.max(GRADIENT_FLOOR, TOLERANCE / state.slowness));
    return after.era === state.era ? after : { ...after, slowness: 1 };
  }
  if (sample.inFlight * 2 < state.limit) return state;
  const step = state.isStarting ? 1 : 1 / state.limit;
  return { ...state, limit: Math.min(state.most, state.limit + step) };
}

/** Requests that may be in flight. */
export function placesOf(limit: AdaptiveLimit): number {
  return Math.floor(limit.limit);
}

function lowered(state: AdaptiveLimit, sample: Sample, factor: number): AdaptiveLimit {
  if (sample.era !== state.era) return state;
  return { ...state, limit: Math.max(1, state.limit * factor), era: state.era + 1, isStarting: false };
}

function withLatency(state: AdaptiveLimit, sample: Sample): AdaptiveLimit {
  const sizeClass = Math.round(Math.log2(Math.max(1, sample.size)));
  const usual = state.usualMs.get(sizeClass) ?? sample.ms;
  const weight = sample.ms < usual ? USUAL_DOWN : USUAL_UP;
  const usualMs = new Map(state.usualMs).set(sizeClass, usual + weight * (sample.ms - usual));
  const ratio = sample.ms / Math.max(usual, 1);
  return { ...state, usualMs, slowness: state.slowness + SLOWNESS_WEIGHT * (ratio - state.slowness) };
}
