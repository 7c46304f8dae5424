/** What comes of one text: its vector, its failure, or word that its endpoint is being left alone for a while. */
import { ClassedError, type ErrorClass, PutOffError } from "@millrace/core";

/** Nothing was asked of the endpoint: whoever has time comes back in `ms`. No failure of the text. */
export interface HeldBack {
  readonly kind: "held";
  /** What is held, `model:<name>`. */
  readonly key: string;
  /** Milliseconds until it is worth asking again. */
  readonly ms: number;
  /** `rate-limited`, `window-exhausted`, `rate` (our own), `circuit-open`, `being-tried` (one request is finding out whether all is
   * well again), or whatever the fleet's hold says. */
  readonly reason: string;
}

/** Of one text. */
export type EmbedResult =
  | { readonly kind: "vector"; readonly vector: Float32Array }
  | { readonly kind: "failed"; readonly error: ClassedError }
  | HeldBack;

/** Why an endpoint failed a text, in the words reports use. */
export type ModelReason =
  /** Above `maxTokensPerInput`, or refused by the endpoint as too large. Class validation. */
  | "too-large"
  /** Refused by the endpoint, alone. Class validation. */
  | "refused"
  /** The endpoint refuses whatever it is asked. Class validation. */
  | "request-refused"
  /** 401 or 403. Class permission. */
  | "not-allowed"
  /** The account has no quota left. Class permission. */
  | "quota"
  /** 404: no such model or path. Class not-found. */
  | "no-model"
  /** No whole answer within the time-out. Class timeout. */
  | "model-timeout"
  /** Nothing listens at its address, there is no such host, or no TLS that can be trusted. Class connection. */
  | "no-endpoint"
  /** The connection failed or broke. Class connection. */
  | "model-connection"
  /** 5xx. Class connection. */
  | "model-error"
  /** An answer that is none: not JSON, cut off, of a status nobody expects. Class processing. */
  | "model-answer"
  /** Not one vector per text. Class processing. */
  | "embedding-count"
  /** Indexes that are missing or given twice. Class processing. */
  | "embedding-order"
  /** A component that is no finite number, or a vector of zeros. Class processing. */
  | "embedding-value"
  /** A vector of another length than configured. Class validation. */
  | "embedding-dimensions";

/** A failure of a model endpoint. The message names model and address, never a key or a text. */
export function modelError(
  errorClass: ErrorClass,
  reason: ModelReason,
  what: { readonly message: string; readonly cause?: unknown },
): ClassedError {
  return new ClassedError(errorClass, reason, what.message, what.cause);
}

/** Being held back as an error: a job that lets it through is put off, and burns no attempt. */
export function heldBackError({ key, ms, reason }: HeldBack): PutOffError {
  return new PutOffError(ms, { limit: key, reason });
}
