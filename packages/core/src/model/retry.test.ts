import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ClassedError, ERROR_CLASSES, UnrecoverableError } from "./errors.ts";
import { type DefinedRetryPolicy, isRetried, type RetryPolicy, retryDelayMs } from "./retry.ts";
import { RetryAfterError, retryAfterMs } from "./retry-after.ts";

const BASE: RetryPolicy = { maxAttempts: 10, initialMs: 100, multiplier: 3, maxMs: 5_000, jitter: "none" };
const ERROR = new Error("x");

function delays(policy: Partial<DefinedRetryPolicy>, attempts = [1, 2, 3, 4, 5], random = () => 0.5) {
  return attempts.map((attempt) => retryDelayMs({ ...BASE, ...policy }, { error: ERROR, attempt }, random));
}

describe("delays", () => {
  test("grow as the backoff says, up to the longest", () => {
    expect(delays({})).toEqual([100, 300, 900, 2_700, 5_000]);
    expect(delays({ backoff: "exponential" })).toEqual([100, 300, 900, 2_700, 5_000]);
    expect(delays({ backoff: "linear", maxMs: 350 })).toEqual([100, 200, 300, 350, 350]);
    expect(delays({ backoff: "fixed" })).toEqual([100, 100, 100, 100, 100]);
    expect(
      delays({ delay: (attempt, error) => (error === ERROR ? `${attempt}h` : 0), jitter: "full" }, [1, 2]),
    ).toEqual([3_600_000, 7_200_000]);
  });

  test("are jittered within their bounds", () => {
    expect(delays({ jitter: "full" }, [1, 2])).toEqual([50, 150]);
    expect(delays({ jitter: "equal" }, [1, 2])).toEqual([75, 225]);
    expect(delays({ jitter: "equal" }, [1], () => 0)).toEqual([50]);
  });

  test("are whole numbers within the longest, at any attempt and any numbers", () => {
    const wild = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });
    const policies = fc.record({
      maxAttempts: fc.constant(Number.MAX_SAFE_INTEGER),
      backoff: fc.constantFrom("exponential", "linear", "fixed"),
      initialMs: wild,
      multiplier: fc.double({ min: 1, noNaN: true, noDefaultInfinity: true }),
      maxMs: wild,
      jitter: fc.constantFrom("none", "full", "equal"),
    });
    const attempts = fc.oneof(fc.constant(1_000_000), fc.integer({ min: 1, max: 1_000_000 }));
    fc.assert(
      fc.property(
        policies,
        attempts,
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (policy, attempt, chance) => {
          const delay = retryDelayMs(policy as RetryPolicy, { error: ERROR, attempt }, () => chance);
          expect(Number.isSafeInteger(delay)).toBe(true);
          expect(delay).toBeLessThanOrEqual(Math.min(Math.round(policy.maxMs), 365 * 86_400_000));
        },
      ),
    );
  });

  test("of a function that gives nonsense are an error", () => {
    expect(() => delays({ delay: () => Number.NaN })).toThrow(/retry.backoff gave/);
    expect(() => delays({ delay: () => -1 })).toThrow(/retry.backoff gave/);
    expect(delays({ delay: () => Number.MAX_VALUE }, [1])).toEqual([365 * 86_400_000]);
  });
});

describe("another attempt", () => {
  const of = (errorClass: (typeof ERROR_CLASSES)[number]) => new ClassedError(errorClass, "r", "m");
  const retried = (policy: Partial<DefinedRetryPolicy>) =>
    ERROR_CLASSES.filter((each) => isRetried({ ...BASE, ...policy }, { error: of(each), attempt: 1 }));

  test("is not given to what no attempt can mend", () => {
    expect(retried({})).toEqual([
      "timeout",
      "connection",
      "rate-limited",
      "crashed",
      "cancelled",
      "processing",
    ]);
    expect(isRetried(BASE, { error: new UnrecoverableError("x"), attempt: 1 })).toBe(false);
    expect(isRetried({ ...BASE, retryIf: () => true }, { error: of("validation"), attempt: 1 })).toBe(false);
  });

  test("follows the classes of the policy", () => {
    expect(retried({ retryOn: ["timeout", "crashed"] })).toEqual(["timeout", "crashed"]);
    expect(retried({ deadOn: ["timeout", "crashed", "cancelled"] })).toEqual([
      "connection",
      "rate-limited",
      "processing",
    ]);
    expect(retried({ retryOn: ["timeout"], deadOn: ["timeout"] })).toEqual([]);
  });

  test("asks retryIf last, with error and attempt", () => {
    const asked: unknown[] = [];
    const retryIf = (error: unknown, attempt: number) => {
      asked.push([error, attempt]);
      return attempt < 2;
    };
    const policy = { ...BASE, retryIf };
    expect(isRetried(policy, { error: ERROR, attempt: 1 })).toBe(true);
    expect(isRetried(policy, { error: ERROR, attempt: 2 })).toBe(false);
    expect(isRetried(policy, { error: of("permission"), attempt: 1 })).toBe(false);
    expect(asked).toEqual([
      [ERROR, 1],
      [ERROR, 2],
    ]);
    const promising = (async () => true) as unknown as () => boolean;
    expect(() => isRetried({ ...BASE, retryIf: promising }, { error: ERROR, attempt: 1 })).toThrow(
      /true or false/,
    );
  });

  test("ends with the last one", () => {
    expect(isRetried(BASE, { error: ERROR, attempt: 9 })).toBe(true);
    expect(isRetried(BASE, { error: ERROR, attempt: 10 })).toBe(false);
  });
});

describe("a failure that says when to come back", () => {
  const at = Date.UTC(2026, 0, 1);
  const asked = (fields: object) => retryAfterMs(Object.assign(new Error("x"), fields), at);
  const headers = (entries: Record<string, string>) => ({ response: { headers: new Headers(entries) } });

  test("has its way, past the policy's longest and without jitter, but within 24 h", () => {
    const error = new RetryAfterError("10m");
    expect(retryDelayMs({ ...BASE, jitter: "full" }, { error, attempt: 1 }, () => 0)).toBe(600_000);
    expect(retryDelayMs(BASE, { error: new RetryAfterError("3d"), attempt: 1 }, () => 0)).toBe(86_400_000);
    expect(retryDelayMs({ ...BASE, delay: () => 1 }, { error, attempt: 1 }, () => 0)).toBe(600_000);
    expect(retryDelayMs(BASE, { error, attempt: 10 }, () => 0)).toBeUndefined();
    expect(error).toMatchObject({ errorClass: "rate-limited", reason: "retry-after" });
    expect(() => new RetryAfterError("soon" as "1s")).toThrow(/RetryAfterError.delay/);
  });

  test.each([
    [headers({ "Retry-After": "120" }), 120_000],
    [headers({ "Retry-After": "0" }), 0],
    [headers({ "Retry-After": "1.5" }), 1_500],
    [headers({ "Retry-After": "120", "retry-after-ms": "250" }), 250],
    [{ headers: { "Retry-After": 7 } }, 7_000],
    [{ headers: { "retry-after": ["8", "9"] } }, 8_000],
    [headers({ "Retry-After": new Date(at + 5_000).toUTCString() }), 5_000],
    [headers({ "Retry-After": new Date(at - 5_000).toUTCString() }), 0],
    [
      headers({ "Retry-After": "Wed, 21 Oct 2015 07:28:10 GMT", Date: "Wed, 21 Oct 2015 07:28:00 GMT" }),
      10_000,
    ],
    [headers({ "Retry-After": "99999999999" }), 86_400_000],
    [headers({ "Retry-After": "-5" }), undefined],
    [headers({ "Retry-After": "soon" }), undefined],
    [headers({ "Retry-After": "" }), undefined],
    [headers({}), undefined],
    [{ headers: "retry-after: 5" }, undefined],
    [{ cause: headers({ "Retry-After": "3" }) }, 3_000],
  ])("in headers %j asks for %s ms", (fields, expected) => {
    expect(asked(fields)).toBe(expected);
  });
});
