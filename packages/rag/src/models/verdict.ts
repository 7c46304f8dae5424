/** Judges an endpoint's answer: vectors, a text it refuses, a reason to try again or later, or a failure for good. */
import type { CallEnd, ClassedError, ErrorClass } from "@millrace/core";
import { brokenConnection } from "./broken-connection.ts";
import { decodeVector } from "./decode-vector.ts";
import { type EmbedResult, type ModelReason, modelError } from "./embed-result.ts";
import type { Exchange } from "./endpoint-connection.ts";
import { askedWaitMs, exhaustedMs } from "./limit-headers.ts";
import type { WireShape } from "./wire-shape.ts";

/** What to do about an exchange. */
export type Verdict =
  | { readonly kind: "results"; readonly results: readonly EmbedResult[] }
  /** The request as it is: one of its texts may be at fault, or there are too many of them. */
  | { readonly kind: "refused"; readonly error: ClassedError }
  /** Worth trying again at once. */
  | { readonly kind: "again"; readonly error: ClassedError }
  /** Nobody should call for `ms`; `undefined` where the endpoint does not say how long. */
  | { readonly kind: "limited"; readonly ms: number | undefined }
  | { readonly kind: "failed"; readonly error: ClassedError };

/** What was asked. */
export interface Asked {
  readonly model: string;
  readonly apiKey: string | undefined;
  readonly texts: readonly string[];
  readonly dimensions: number;
  readonly shape: WireShape;
  /** Ms since the epoch, for headers with dates. */
  readonly nowMs: number;
}

type Answer = Extract<Exchange, { readonly kind: "answer" }>;

const MAX_DETAIL = 200;
/** Shorter texts may be in a message by chance. */
const ECHO_LENGTH = 8;
/** Refusals that say something of the request's texts. */
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 422]);
const FINAL: Readonly<Record<number, readonly [ErrorClass, ModelReason, string]>> = {
  401: ["permission", "not-allowed", "check its API key"],
  403: ["permission", "not-allowed", "check what its API key may do"],
  404: ["not-found", "no-model", "check its url, and whether the model is there"],
  410: ["not-found", "no-model", "the model is gone: configure another one"],
};

/** The verdict on an exchange. */
export function verdictOf(exchange: Exchange, asked: Asked): Verdict {
  const at = addressOf(asked);
  switch (exchange.kind) {
    case "timeout": {
      const message = `${at} gave no whole answer within ${Math.round(exchange.ms)} ms`;
      return { kind: "failed", error: modelError("timeout", "model-timeout", { message }) };
    }
    case "broken": {
      const { reason, how } = brokenConnection(exchange.cause);
      const message = `the connection to ${at} failed (${how})`;
      return { kind: "again", error: modelError("connection", reason, { message }) };
    }
    case "too-long": {
      const message = `${at} answers more than ${asked.texts.length} vectors of ${asked.dimensions} dimensions can take`;
      return { kind: "failed", error: modelError("processing", "model-answer", { message }) };
    }
    case "answer":
      return exchange.status === 200 ? ofVectors(exchange, asked) : ofStatus(exchange, asked);
  }
}

/** What an exchange says of the endpoint's health: any answer but a 5xx shows that it is there. */
export function callEndOf(exchange: Exchange): CallEnd {
  if (exchange.kind === "timeout" || exchange.kind === "broken") return "failed";
  const isError = exchange.kind === "answer" && exchange.status >= 500 && !isLimit(exchange);
  return isError ? "failed" : "good";
}

/** Whether it shows that the endpoint has more to do than it can. */
export function isOverload(exchange: Exchange): boolean {
  if (exchange.kind === "timeout") return true;
  return exchange.kind === "answer" && (exchange.status === 429 || exchange.status === 503);
}

/** Ms for which an answer's rate window is used up. */
export function windowUsedUpMs(exchange: Exchange, nowMs: number): number | undefined {
  return exchange.kind === "answer" ? exhaustedMs(exchange.headers, nowMs) : undefined;
}

function ofVectors(answer: Answer, asked: Asked): Verdict {
  const found = asked.shape.entries(parsed(answer.text), asked.texts.length);
  switch (found.kind) {
    case "entries":
      return { kind: "results", results: found.entries.map((entry) => decodeVector(entry, asked)) };
    case "answer":
      return again(
        asked,
        "model-answer",
        `answered 200 with no list of embeddings${whatInstead(answer, asked)}`,
      );
    case "count":
      return again(
        asked,
        "embedding-count",
        `returned ${found.found} vectors for ${asked.texts.length} texts`,
      );
    case "order":
      return again(asked, "embedding-order", "returned vectors whose indexes are missing or given twice");
  }
}

/** What came instead, where that can be told in a few words. */
function whatInstead(answer: Answer, asked: Asked): string {
  const said = detailOf(answer, asked);
  if (said !== "") return said;
  const encoding = answer.headers["content-encoding"];
  if (encoding !== undefined)
    return `: its bytes are compressed (${short(String(encoding))}), which was not asked for`;
  const type = answer.headers["content-type"];
  return type === undefined || /json/i.test(String(type)) ? "" : `, but ${short(String(type))}`;
}

function again(asked: Asked, reason: ModelReason, what: string): Verdict {
  const message = `${addressOf(asked)} ${what}`;
  return { kind: "again", error: modelError("processing", reason, { message }) };
}

function ofStatus(answer: Answer, asked: Asked): Verdict {
  const { status } = answer;
  const at = addressOf(asked);
  if (status === 429 && answer.text.includes("insufficient_quota")) {
    const message = `${at} answered 429: the account has no quota left`;
    return { kind: "failed", error: modelError("permission", "quota", { message }) };
  }
  if (isLimit(answer)) {
    const ms = askedWaitMs(answer.headers, asked.nowMs) ?? exhaustedMs(answer.headers, asked.nowMs);
    return { kind: "limited", ms };
  }
  const final = FINAL[status];
  if (final !== undefined) return ofFinal(answer, final, asked);
  const message = `${at} answered ${status}${leadsTo(answer) || detailOf(answer, asked)}`;
  if (REFUSALS.has(status)) {
    const reason = status === 413 ? "too-large" : "refused";
    return { kind: "refused", error: modelError("validation", reason, { message }) };
  }
  if (status === 408) return { kind: "again", error: modelError("timeout", "model-timeout", { message }) };
  if (status >= 500) return { kind: "again", error: modelError("connection", "model-error", { message }) };
  return { kind: "failed", error: modelError("processing", "model-answer", { message }) };
}

function ofFinal(
  answer: Answer,
  [errorClass, reason, advice]: readonly [ErrorClass, ModelReason, string],
  asked: Asked,
): Verdict {
  // What a 401 says may hold a part of the key.
  const said = answer.status === 401 ? "" : detailOf(answer, asked);
  const message = `${addressOf(asked)} answered ${answer.status}${said}; ${advice}`;
  return { kind: "failed", error: modelError(errorClass, reason, { message }) };
}

/** Requests are not sent on: they would take the key along. */
function leadsTo({ status, headers }: Answer): string {
  const to = headers["location"];
  if (status < 300 || status >= 400 || to === undefined) return "";
  const address = short(String(to)).split("?")[0];
  return `: it has moved to ${address}; set that as its url`;
}

/** A 503 that says when to come back is a limit; another one is a fault. */
function isLimit(answer: Answer): boolean {
  return answer.status === 429 || (answer.status === 503 && askedWaitMs(answer.headers, 0) !== undefined);
}

/** Without a query: keys are put there, too. */
function addressOf({ model, shape }: Asked): string {
  return `model ${model} (${shape.url.origin}${shape.url.pathname})`;
}

/** What the endpoint says itself, short, and neither with its key nor with what was sent. */
function detailOf(answer: Answer, asked: Asked): string {
  const said = messageIn(parsed(answer.text));
  if (said === undefined || said.trim() === "") return "";
  if (asked.apiKey !== undefined && said.includes(asked.apiKey)) return "";
  const echoes = asked.texts.some(
    (text) => text.length >= ECHO_LENGTH && said.includes(text.slice(0, ECHO_LENGTH)),
  );
  return echoes ? "" : `: ${short(said)}`;
}

function short(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim().slice(0, MAX_DETAIL);
}

/** `{"error": {"message": …}}`, `{"error": …}` or `{"message": …}`. */
function messageIn(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const { error, message } = body as { readonly error?: unknown; readonly message?: unknown }; // an object
  if (typeof error === "string") return error;
  if (typeof message === "string") return message;
  return error === undefined ? undefined : messageIn(error);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
