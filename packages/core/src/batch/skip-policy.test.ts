import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ClassedError } from "../model/errors.ts";
import { type FailurePolicy, judged, verdict } from "./skip-policy.ts";

const FINISH_ALL: FailurePolicy = { skipLimit: 0, onFailure: { kind: "finishAll" } };

function stateOf(skipLimit: number, skip: (error: unknown, item: unknown) => boolean): string {
  return judged({ skipLimit, skip }, 1, new ClassedError("validation", "odd", "1 is odd")).state;
}

describe("an item that failed", () => {
  test("is skipped where the step says so and may skip at all", () => {
    expect(stateOf(5, () => true)).toBe("skipped");
    expect(stateOf(5, () => false)).toBe("failed");
    expect(stateOf(0, () => true)).toBe("failed");
    expect(stateOf(5, (error, item) => item === 1 && error instanceof ClassedError)).toBe("skipped");
  });

  test("stays failed where the step's own function fails, and says both", () => {
    const rules = {
      skipLimit: 5,
      skip: () => {
        throw new TypeError("no such field");
      },
    };
    expect(judged(rules, 1, new Error("bad row"))).toMatchObject({
      state: "failed",
      error: {
        reason: "bad-skip-policy",
        message: "the step's skip function failed: no such field; the item had failed with: bad row",
      },
    });
    const bare = () => {
      throw "nothing in particular";
    };
    expect(judged({ skipLimit: 1, skip: bare }, 1, "bad")).toMatchObject({
      error: { message: expect.stringContaining("particular") },
    });
  });

  test("is skipped only by what says true", () => {
    expect(stateOf(5, (() => "yes") as unknown as () => boolean)).toBe("failed");
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
