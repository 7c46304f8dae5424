import { expect, test } from "vitest";
import { ClassedError, MillraceError, UnrecoverableError } from "../../model/errors.ts";
import { RetryAfterError, retryAfterMs } from "../../model/retry-after.ts";
import { JobCancelled } from "../job-cancelled.ts";
import { attemptError } from "../record.ts";
import { sentError, thrownOf } from "./sent-errors.ts";

/** As it arrives: what travels is cloned on the way. */
const arrived = (thrown: unknown): unknown => thrownOf(structuredClone(sentError(thrown)));

const JOB = { id: "j", name: "n" } as never; // all that the error reads of a job
test.each([
  new MillraceError("bad-usage", "m", { details: { a: 1 }, cause: new TypeError("c") }),
  new ClassedError("permission", "r", "m"),
  new UnrecoverableError("m", new RangeError("deep", { cause: "words" })),
  new RetryAfterError("3s", "m"),
  new JobCancelled(JOB, "enough"),
  new DOMException("late", "TimeoutError"),
  new SyntaxError("m"),
  Object.assign(new Error("m"), { code: "ECONNRESET", status: 503, name: "HttpError" }),
])("%s arrives as an instance of its class, and history keeps the same of it", (error) => {
  const there = arrived(error);
  expect(there).toBeInstanceOf(error.constructor);
  expect(there).toBeInstanceOf(Error);
  expect(attemptError(there)).toEqual(attemptError(error));
  expect((there as Error).cause).toEqual(error.cause);
});

test("a class of the handler's own arrives as an error with its name and plain fields", () => {
  class OwnError extends Error {
    readonly place = { line: 3 };
    readonly open = () => undefined;
    readonly since = new Date(0);
    override readonly name = "OwnError";
  }
  const there = arrived(new OwnError("m")) as Error;
  expect(there.constructor).toBe(Error);
  expect(there.name).toBe("OwnError");
  expect(Object.keys(there)).toEqual(["place"]);
});

test.each([
  [{ headers: { "Retry-After": "7" } }, 7_000],
  [{ response: { headers: new Headers({ "retry-after-ms": "1500" }) } }, 1_500],
  [{ response: new Response(null, { status: 429, headers: { "retry-after": "2" } }) }, 2_000],
])("what a response says of retrying arrives: %o", (fields, ms) => {
  const there = arrived(Object.assign(new Error("busy"), fields));
  expect(retryAfterMs(there, 0)).toBe(ms);
});

test.each([["words"], [3], [null], [undefined], [{ code: "EACCES" }], [["a"]]])(
  "a thrown value that is no error arrives as it is: %j",
  (value) => {
    expect(arrived(value)).toEqual(value);
  },
);

test("what cannot travel is told in words, and hostile objects end nothing", () => {
  expect(arrived(() => 1)).toBe("() => 1");
  const hostile = new Error("m");
  Object.defineProperty(hostile, "code", {
    enumerable: true,
    get: () => {
      throw new Error("hostile");
    },
  });
  expect(arrived(hostile)).toMatchObject({ message: "m" });
  expect(arrived(Object.create(null))).toEqual({});
});

test("a chain of causes is cut, and so are long texts", () => {
  const endless = new Error("x".repeat(100_000));
  endless.cause = endless;
  const there = arrived(endless) as Error;
  expect(there.message.length).toBe(16_384);
  let depth = 0;
  for (let each: unknown = there; each instanceof Error; each = each.cause) depth += 1;
  expect(depth).toBe(5);
});
