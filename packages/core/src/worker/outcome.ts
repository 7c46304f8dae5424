/** From what a handler did to the settlement that says so. */

import { type ControlMeaning, meaningOf, type WriteParts } from "../job/control.ts";
import type { AttemptRecord } from "../model/attempt.ts";
import type { Envelope } from "../model/envelope.ts";
import { ClassedError } from "../model/errors.ts";
import { messageOf } from "../model/message-of.ts";
import { PutOffError } from "../model/put-off.ts";
import { type DefinedRetryPolicy, retryDelayMs } from "../model/retry.ts";
import type { Outcome } from "../model/settlement.ts";
import { systemClock } from "../runtime/clock.ts";
import type { Random } from "../runtime/random.ts";
import { putOffBy } from "./put-off.ts";
import { attemptError, encodeCompleted, encodeRecord } from "./record.ts";

/** How an attempt ended, ready to be settled. */
export interface Ending {
  readonly outcome: Outcome;
  readonly record: string;
  /** What else is written with it, if anything. */
  readonly parts?: WriteParts | undefined;
  /** What statistics are made of; nothing where the attempt counts neither as a success nor as a failure. */
  readonly measures?: Readonly<Record<string, number>> | undefined;
  /** What the definition's callbacks are to be told once this is applied. */
  readonly told?: Told | undefined;
}

/** News of an attempt that succeeded or failed. */
export type Told =
  | { readonly kind: "complete"; readonly result: unknown }
  | { readonly kind: "error"; readonly error: unknown; readonly willRetry: boolean };

/** What an ending is made from, beside the value or error. */
export interface EndingContext {
  readonly worker: string;
  /** From when the job was due to when its handler began. */
  readonly waitMs: number;
  readonly durationMs: number;
  readonly attempt: number;
  /** Whether no other attempt may follow, whatever the policy says. */
  readonly isFinal?: boolean | undefined;
  readonly policy: DefinedRetryPolicy;
  readonly random: Random;
}

const COMPLETED: Outcome = Object.freeze({ kind: "completed" });

/** The ending of a handler that returned (or threw a control). @throws ClassedError for a result that JSON cannot hold. */
export function endingOfValue(value: unknown, context: EndingContext): Ending {
  const meaning = meaningOf(value);
  if (meaning !== undefined) return endingOfControl(meaning, context);
  return completed(value, undefined, context);
}

/** The ending a control asks for. */
export function endingOfControl({ end, parts }: ControlMeaning, context: EndingContext): Ending {
  const { worker, durationMs } = context;
  switch (end.kind) {
    case "completed":
      return completed(end.result, parts, context);
    case "released":
      return { ...released(context), parts };
    case "snoozed":
      return {
        outcome: snoozed(end),
        record: encodeRecord({ worker, durationMs, outcome: "snoozed" }),
        parts,
      };
    case "suspended":
      return {
        outcome: suspended(end),
        record: encodeRecord({ worker, durationMs, outcome: "suspended" }),
        parts,
      };
    case "settled":
      throw new ClassedError(
        "processing",
        "settled-twice",
        "the attempt is already settled in a transaction",
      );
  }
}

function snoozed({ delayMs, note }: Extract<ControlMeaning["end"], { kind: "snoozed" }>): Outcome {
  return { kind: "snoozed", delayMs, ...(note === undefined ? {} : { note }) };
}

function suspended({ wakeAt, policy }: Extract<ControlMeaning["end"], { kind: "suspended" }>): Outcome {
  return { kind: "suspended", wakeAt, ...(policy === undefined ? {} : { policy }) };
}

function completed(result: unknown, parts: WriteParts | undefined, context: EndingContext): Ending {
  const record = encodeCompleted(context.worker, context.durationMs, result);
  const told: Told = { kind: "complete", result };
  return { outcome: COMPLETED, record, parts, measures: measuresOf(context), told };
}

function measuresOf({ waitMs, durationMs }: EndingContext): Readonly<Record<string, number>> {
  return { ran: 1, waitMs: Math.round(waitMs), runMs: Math.round(durationMs) };
}

/** The ending of a handler that was told to stop at shutdown. */
export function released({ worker, durationMs }: Pick<EndingContext, "worker" | "durationMs">): Ending {
  const record = encodeRecord({ worker, durationMs, outcome: "released" });
  return { outcome: { kind: "released", started: true }, record };
}

/** The ending of a failure: put off where it is none, else tried again as the policy says, else dead. */
export function endingOfError(error: unknown, context: EndingContext): Ending {
  if (error instanceof PutOffError && context.isFinal !== true) {
    return endingOfControl(putOffBy(error, context.random), context);
  }
  const { worker, durationMs } = context;
  const { delayMs, failure } = decided(error, context);
  const kept = attemptError(failure);
  const outcome: Outcome =
    delayMs === undefined ? { kind: "dead", fingerprint: kept.fingerprint } : { kind: "retry", delayMs };
  const record: AttemptRecord = { worker, durationMs, outcome: outcome.kind, error: kept };
  const told: Told = { kind: "error", error, willRetry: outcome.kind === "retry" };
  const measures = { ...measuresOf(context), [`failed:${kept.class}`]: 1 };
  return { outcome, record: encodeRecord(record), measures, told };
}

/** The delay, none for the end; a policy whose own functions fail ends the job as that failure. */
function decided(error: unknown, { policy, attempt, random, isFinal = false }: EndingContext) {
  if (isFinal) return { delayMs: undefined, failure: error };
  try {
    const failure = { error, attempt, nowMs: systemClock.now() };
    return { delayMs: retryDelayMs(policy, failure, random), failure: error };
  } catch (fault) {
    const message = `the retry policy failed: ${messageOf(fault)}; the attempt had failed with: ${messageOf(error)}`;
    return {
      delayMs: undefined,
      failure: new ClassedError("processing", "bad-retry-policy", message, fault),
    };
  }
}

/** A job's own policy, else the one given; with its own number of attempts, if it has one. */
export function policyFor(envelope: Envelope | undefined, otherwise: DefinedRetryPolicy): DefinedRetryPolicy {
  const policy = envelope?.retry ?? otherwise;
  return envelope?.maxAttempts === undefined ? policy : { ...policy, maxAttempts: envelope.maxAttempts };
}
