import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ClassedError, ERROR_CLASSES } from "../model/errors.ts";
import { type FailurePolicy, judged, skipRule, verdict } from "./skip-policy.ts";

const FINISH_ALL: FailurePolicy = { skipLimit: 0, onFailure: { kind: "finishAll" } };

function of(errorClass: (typeof ERROR_CLASSES)[number]): ClassedError {
  return new ClassedError(errorClass, "reason", "message");
}

describe("what is skipped", () => {
  test("is nothing where the limit is 0", () => {
    expect(ERROR_CLASSES.some((each) => skipRule(0)(of(each), 1))).toBe(false);
    expect(skipRule(0, () => true)(of("validation"), 1)).toBe(false);
  });

  test("is by default what says something of the item", () => {
    const skipped = ERROR_CLASSES.filter((each) => skipRule(5)(of(each), 1));
    expect(skipped).toEqual(["validation", "permission", "not-found", "processing"]);
  });

  test("is of the classes named, or what a function says of error and item", () => {
    expect(ERROR_CLASSES.filter((each) => skipRule(5, ["timeout"])(of(each), 1))).toEqual(["timeout"]);
    const odd = skipRule(5, (_error, item) => Number(item) % 2 === 1);
    expect([1, 2, 3].filter((item) => odd(new Error("x"), item))).toEqual([1, 3]);
  });

  test("is not what a function fails on: the item failed, and says both", () => {
    const rule = () => {
      throw new TypeError("no such field");
    };
    expect(judged(rule, 1, new Error("bad row"))).toMatchObject({
      state: "failed",
      error: {
        reason: "bad-skip-policy",
        message: "the step's skip function failed: no such field; the item had failed with: bad row",
      },
    });
    const bare = () => {
      throw "nothing in particular";
    };
    expect(judged(bare, 1, "bad")).toMatchObject({
      error: { message: expect.stringContaining("particular") },
    });
  });

  test("is only what a function says true to", () => {
    const rule = (() => "yes") as unknown as () => boolean;
    expect(judged(rule, 1, "bad").state).toBe("failed");
  });
});

describe("a step", () => {
  test("goes on whatever fails where all is to be finished", () => {
    expect(verdict({ read: 10, failed: 10, sealed: 1 }, FINISH_ALL)).toEqual({ kind: "go-on" });
  });

  test("fails with the first failure where it is to fail fast", () => {
    const policy: FailurePolicy = { skipLimit: 0, onFailure: { kind: "failFast" } };
    expect(verdict({ read: 10, done: 9 }, policy).kind).toBe("go-on");
    expect(verdict({ read: 10, failed: 1 }, policy)).toEqual({
      kind: "fail",
      failure: { class: "processing", reason: "fail-fast", message: "1 item failed for good" },
    });
  });

  test("fails when one more is skipped than may be, before anything else is judged", () => {
    const policy: FailurePolicy = { skipLimit: 2, onFailure: { kind: "failFast" } };
    expect(verdict({ skipped: 2 }, policy).kind).toBe("go-on");
    expect(verdict({ skipped: 3, failed: 1 }, policy)).toEqual({
      kind: "fail",
      failure: { class: "validation", reason: "skip-limit", message: "3 items skipped; the limit is 2" },
    });
  });

  test("tolerates so many failures and not one more", () => {
    const policy: FailurePolicy = { skipLimit: 0, onFailure: { kind: "tolerate", items: 3 } };
    expect(verdict({ failed: 3 }, policy).kind).toBe("go-on");
    expect(verdict({ failed: 4 }, policy)).toMatchObject({ failure: { reason: "too-many-failures" } });
  });

  test("tolerates a share once it is known of how many items", () => {
    const policy: FailurePolicy = { skipLimit: 0, onFailure: { kind: "tolerate", share: 0.05 } };
    expect(verdict({ read: 100, failed: 90 }, policy).kind).toBe("go-on");
    expect(verdict({ read: 100, failed: 5, sealed: 1 }, policy).kind).toBe("go-on");
    expect(verdict({ read: 100, failed: 6, sealed: 1 }, policy)).toEqual({
      kind: "fail",
      failure: {
        class: "processing",
        reason: "too-many-failures",
        message: "6 of 100 items failed for good; 5 % are tolerated",
      },
    });
  });

  test("that has been failed stays failed, whatever is counted later", () => {
    const counts = fc.record({ skipped: fc.nat(9), failed: fc.nat(9), done: fc.nat(9) });
    const rule: fc.Arbitrary<FailurePolicy["onFailure"]> = fc.oneof(
      fc.constant({ kind: "failFast" } as const),
      fc.constant({ kind: "finishAll" } as const),
      fc.record({ kind: fc.constant("tolerate" as const), items: fc.nat(5) }),
      fc.record({
        kind: fc.constant("tolerate" as const),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
    );
    fc.assert(
      fc.property(fc.array(counts, { minLength: 2 }), rule, fc.nat(5), (steps, onFailure, skipLimit) => {
        const total = steps.reduce((sum, each) => sum + each.skipped + each.failed + each.done, 0);
        const sum = { read: total, skipped: 0, failed: 0, done: 0, sealed: 1 };
        let hasFailed = false;
        for (const each of steps) {
          sum.skipped += each.skipped;
          sum.failed += each.failed;
          sum.done += each.done;
          const fails = verdict(sum, { skipLimit, onFailure }).kind === "fail";
          expect(fails || !hasFailed).toBe(true);
          hasFailed = fails;
        }
      }),
    );
  });
});
