/** Which bad items are skipped, and when a step has had too many of them. Pure. */
import { ClassedError, type ErrorClass } from "../model/errors.ts";
import { messageOf } from "../model/message-of.ts";
import type { ChunkStep, FailureRule } from "./chunk-step.ts";
import { NOT_BEGUN } from "./own-counters.ts";

/** Thrown by `ctx.skip(reason)`: the processor wants nothing of the item, whatever the step's policy says. */
export class SkipItem extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.name = "SkipItem";
    this.reason = reason;
  }
}

/**
 * Whether an item that has failed for good is skipped: never where the limit is 0. A `skip` function that fails itself
 * leaves the item failed, and its own failure with it.
 */
export function judged(
  { skip, skipLimit }: Pick<ChunkStep, "skip" | "skipLimit">,
  item: unknown,
  error: unknown,
): { readonly state: "skipped" | "failed"; readonly error: unknown } {
  if (skipLimit === 0) return { state: "failed", error };
  try {
    return { state: skip(error, item) === true ? "skipped" : "failed", error };
  } catch (fault) {
    const message = `the step's skip function failed: ${messageOf(fault)}; the item had failed with: ${messageOf(error)}`;
    return { state: "failed", error: new ClassedError("processing", "bad-skip-policy", message, fault) };
  }
}

/** How a step judges what has become of its items. */
export type FailurePolicy = Pick<ChunkStep, "skipLimit" | "onFailure">;

/** What fails a step. */
export interface StepFailure {
  readonly class: ErrorClass;
  readonly reason: string;
  readonly message: string;
}

/** Whether a step goes on. */
export type Verdict = { readonly kind: "go-on" } | { readonly kind: "fail"; readonly failure: StepFailure };

const GO_ON: Verdict = Object.freeze({ kind: "go-on" });

/**
 * What a step's counters say under its policy; it changes from `go-on` to `fail` at most once. A share is judged when
 * the reader has come to its end (`sealed`): before that nobody knows of how many items it is one.
 */
export function verdict(counters: Readonly<Record<string, number>>, policy: FailurePolicy): Verdict {
  const { skipped = 0 } = counters;
  if (skipped > policy.skipLimit)
    return fail("validation", "skip-limit", skipWords(skipped, policy.skipLimit));
  const { onFailure } = policy;
  const failed = failedOf(counters);
  if (failed === 0 || onFailure.kind === "finishAll") return GO_ON;
  if (onFailure.kind === "failFast")
    return fail("processing", "fail-fast", `${items(failed)} failed for good`);
  return intolerable(counters, onFailure) ?? GO_ON;
}

/** Those that were worked on. */
function failedOf({ failed = 0, [NOT_BEGUN]: notBegun = 0 }: Readonly<Record<string, number>>): number {
  return failed - notBegun;
}

function intolerable(
  counters: Readonly<Record<string, number>>,
  rule: Extract<FailureRule, { readonly kind: "tolerate" }>,
): Verdict | undefined {
  const { read = 0, sealed = 0 } = counters;
  const failed = failedOf(counters);
  if ("items" in rule) {
    if (failed <= rule.items) return undefined;
    return fail(
      "processing",
      "too-many-failures",
      `${items(failed)} failed for good; ${rule.items} are tolerated`,
    );
  }
  if (sealed === 0 || failed <= rule.share * read) return undefined;
  const percent = Math.round(rule.share * 10_000) / 100;
  return fail(
    "processing",
    "too-many-failures",
    `${failed} of ${items(read)} failed for good; ${percent} % are tolerated`,
  );
}

function skipWords(skipped: number, limit: number): string {
  return `${items(skipped)} skipped; the limit is ${limit}`;
}

function items(count: number): string {
  return count === 1 ? "1 item" : `${count} items`;
}

function fail(errorClass: ErrorClass, reason: string, message: string): Verdict {
  return { kind: "fail", failure: { class: errorClass, reason, message } };
}
