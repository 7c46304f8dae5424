/** Which bad items are skipped, and when a step has had too many of them. Pure. */
import { classOf } from "../model/error-class.ts";
import { ClassedError, type ErrorClass } from "../model/errors.ts";
import type { FailureRule, SkipOption } from "./definition.ts";

/** Classes of errors that say something about the item, and not about the world around it. */
const SKIPPABLE: readonly ErrorClass[] = ["validation", "permission", "not-found", "processing"];

/** Thrown by `ctx.skip(reason)`: the processor wants nothing of the item, whatever the step's policy says. */
export class SkipItem extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.name = "SkipItem";
    this.reason = reason;
  }
}

/** Whether an item that has failed for good with this error is skipped. */
export type SkipRule = (error: unknown, item: unknown) => boolean;

/** What a step says of skipping, as a rule. Where its limit is 0, nothing is skipped. */
export function skipRule(skipLimit: number, skip: SkipOption<unknown> = SKIPPABLE): SkipRule {
  if (skipLimit === 0) return () => false;
  if (typeof skip === "function") return skip;
  const classes: ReadonlySet<ErrorClass> = new Set(skip);
  return (error) => classes.has(classOf(error));
}

/** Whether the rule skips it; a rule that fails itself leaves the item failed, and its own failure with it. */
export function judged(
  rule: SkipRule,
  item: unknown,
  error: unknown,
): { readonly state: "skipped" | "failed"; readonly error: unknown } {
  try {
    return { state: rule(error, item) === true ? "skipped" : "failed", error };
  } catch (fault) {
    const message = `the step's skip function failed: ${wordsOf(fault)}; the item had failed with: ${wordsOf(error)}`;
    return { state: "failed", error: new ClassedError("processing", "bad-skip-policy", message, fault) };
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** How a step judges what has become of its items. */
export interface FailurePolicy {
  /** Most items that may be skipped. */
  readonly skipLimit: number;
  readonly onFailure: FailureRule;
}

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
  const { skipped = 0, failed = 0 } = counters;
  if (skipped > policy.skipLimit)
    return fail("validation", "skip-limit", skipWords(skipped, policy.skipLimit));
  const { onFailure } = policy;
  if (failed === 0 || onFailure.kind === "finishAll") return GO_ON;
  if (onFailure.kind === "failFast")
    return fail("processing", "fail-fast", `${items(failed)} failed for good`);
  return intolerable(counters, onFailure) ?? GO_ON;
}

function intolerable(
  { failed = 0, read = 0, sealed = 0 }: Readonly<Record<string, number>>,
  rule: Extract<FailureRule, { readonly kind: "tolerate" }>,
): Verdict | undefined {
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
