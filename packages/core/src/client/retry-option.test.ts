import { describe, expect, test } from "vitest";
import { memoryStore } from "../memory/memory-store.ts";
import { createMillrace } from "../millrace.ts";
import { defineJob } from "./define-job.ts";
import {
  type DefinitionRetryOption,
  definedRetryPolicy,
  type RetryOption,
  retryPolicy,
} from "./retry-option.ts";

describe("a retry option", () => {
  test("becomes a policy; what it leaves out is as in the default", () => {
    expect(retryPolicy({ backoff: "linear", max: "1h", retryOn: ["timeout"] }, "r")).toEqual({
      maxAttempts: 3,
      backoff: "linear",
      initialMs: 1_000,
      multiplier: 2,
      maxMs: 3_600_000,
      jitter: "full",
      retryOn: ["timeout"],
    });
    const retryIf = () => true;
    const backoff = () => 5;
    expect(definedRetryPolicy({ backoff, retryIf, maxAttempts: 7 }, "r")).toMatchObject({
      maxAttempts: 7,
      delay: backoff,
      retryIf,
    });
  });

  test.each([
    [{ backoff: "quadratic" }, /r\.backoff is "quadratic"; it takes exponential, linear, fixed/],
    [
      { backoff: "linear", multiplier: 3 },
      /r\.multiplier is 3; it takes nothing here: linear backoff has none/,
    ],
    [{ backoff: () => 1, max: "1s" }, /r\.max .* a backoff function gives the whole delay/],
    [{ retryOn: ["timeouts"] }, /r\.retryOn is "timeouts"/],
    [{ deadOn: ["oops"] }, /r\.deadOn is "oops"/],
    [{ retryOn: ["not-found"] }, /r\.retryOn is "not-found"; it takes classes that are not final/],
    [{ retryOn: ["timeout"], deadOn: ["timeout"] }, /r\.retryOn is "timeout"/],
    [{ retryIf: true }, /r\.retryIf is true/],
    [{ maxAttempts: 0 }, /r\.maxAttempts is 0/],
    [{ multiplier: 0.5 }, /r\.multiplier is 0\.5/],
    [{ jitter: "some" }, /r\.jitter is "some"/],
    [{ tries: 3 }, /tries/],
    ["often", /r is "often"/],
  ])("refuses %j", (option, message) => {
    expect(() => definedRetryPolicy(option as DefinitionRetryOption, "r")).toThrow(message);
  });

  test("of a single job is data: functions are refused by name", () => {
    for (const key of ["backoff", "retryIf"]) {
      expect(() => retryPolicy({ [key]: () => 1 } as RetryOption, "enqueue.retry")).toThrow(
        expect.objectContaining({
          code: "bad-config",
          message: expect.stringContaining(`enqueue.retry.${key} is a function`),
        }),
      );
    }
  });
});

test("priority, retry and timeout have exact types", () => {
  const run = () => 1;
  const mr = createMillrace({ store: memoryStore() });
  const job = defineJob({
    name: "typed",
    priority: "bulk",
    timeout: "1.5s",
    retry: {
      backoff: (attempt, error) => (error instanceof Error ? `${attempt}s` : 5),
      retryIf: (_error, attempt) => attempt < 3,
    },
    run,
  });
  const typed = async () => {
    // @ts-expect-error no such class
    defineJob({ name: "x", priority: "urgent", run });
    // @ts-expect-error a class is a word
    defineJob({ name: "x", priority: 1, run });
    // @ts-expect-error a duration has a short unit
    defineJob({ name: "x", timeout: "30 seconds", run });
    // @ts-expect-error a duration has a unit that there is
    defineJob({ name: "x", timeout: "1w", run });
    // @ts-expect-error no such preset
    defineJob({ name: "x", retry: "always", run });
    // @ts-expect-error no such backoff
    defineJob({ name: "x", retry: { backoff: "quadratic" }, run });
    // @ts-expect-error a backoff function gives a duration
    defineJob({ name: "x", retry: { backoff: () => "soon" }, run });
    // @ts-expect-error a backoff function gives it at once
    defineJob({ name: "x", retry: { backoff: async () => 5 }, run });
    // @ts-expect-error retryIf gives true or false at once
    defineJob({ name: "x", retry: { retryIf: async () => true }, run });
    // @ts-expect-error no such class of errors
    defineJob({ name: "x", retry: { retryOn: ["timeouts"] }, run });
    // @ts-expect-error no such jitter
    defineJob({ name: "x", retry: { jitter: true }, run });
    // @ts-expect-error no such option
    defineJob({ name: "x", retry: { tries: 3 }, run });
    await mr.enqueue(job, undefined, {
      priority: "critical",
      timeout: 500,
      retry: { backoff: "fixed", deadOn: ["timeout"] },
    });
    // @ts-expect-error a single job carries no function
    await mr.enqueue(job, undefined, { retry: { backoff: () => 5 } });
    // @ts-expect-error neither this one
    await mr.enqueue(job, undefined, { retry: { retryIf: () => true } });
    // @ts-expect-error no such class
    await mr.enqueue(job, undefined, { priority: "normal" });
    // @ts-expect-error a duration is a number and one unit
    await mr.enqueue(job, undefined, { timeout: "1 min" });
    // @ts-expect-error attempts are a number
    await mr.enqueue(job, undefined, { maxAttempts: "3" });
  };
  expect(typed).toBeTypeOf("function");
  expect(job).toMatchObject({ priority: "bulk", timeoutMs: 1_500 });
});
