import { describe, expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import type { DefinitionRetryOption } from "../client/retry-option.ts";
import { RetryAfterError } from "../model/retry-after.ts";
import { testMillrace } from "./test-millrace.ts";

/** When the attempts of a failing job start, in ms, and what became of it. */
async function course(retry: DefinitionRetryOption, error: unknown, options: { maxAttempts?: number } = {}) {
  const at: number[] = [];
  const job = defineJob({
    name: "failing",
    retry,
    run: () => {
      at.push(t.time.now() - start);
      throw error;
    },
  });
  await using t = testMillrace({ jobs: [job] });
  const start = t.time.now();
  const { id } = await t.enqueue(job, undefined, options);
  await t.runAll({ later: true });
  return { at, record: await t.jobs.get(id) };
}

describe("a failing job", () => {
  test.each([
    [{ maxAttempts: 4, backoff: "linear", initial: "10s" } as const, [0, 10_000, 30_000, 60_000]],
    [{ maxAttempts: 4, backoff: "fixed", initial: "10s" } as const, [0, 10_000, 20_000, 30_000]],
    [{ maxAttempts: 3, backoff: (attempt: number) => attempt * 7 }, [0, 7, 21]],
    [{ maxAttempts: 9, retryIf: (_error: unknown, attempt: number) => attempt < 2, initial: 5 }, [0, 5]],
    [{ maxAttempts: 9, deadOn: ["connection"] } as const, [0]],
    [{ maxAttempts: 2, retryOn: ["connection"], initial: 5 } as const, [0, 5]],
    [{ maxAttempts: 2, retryOn: ["timeout"], initial: 5 } as const, [0]],
  ])("under %j is tried when its policy says", async (retry, expected) => {
    const { at, record } = await course(retry, Object.assign(new Error("x"), { status: 502 }));
    expect(at).toEqual(expected);
    expect(record).toMatchObject({
      state: "dead",
      attempts: expected.length,
      error: { class: "connection" },
    });
  });

  test("keeps the functions of its definition where it has its own number of attempts", async () => {
    const { at, record } = await course({ backoff: () => 11 }, new Error("x"), { maxAttempts: 4 });
    expect(at).toEqual([0, 11, 22, 33]);
    expect(record?.maxAttempts).toBe(4);
  });

  test("comes back when its error says", async () => {
    expect((await course("default", new RetryAfterError("1h"))).at).toEqual([0, 3_600_000, 7_200_000]);
    const limited = Object.assign(new Error("slow down"), { status: 429, headers: { "retry-after": "90" } });
    const { at, record } = await course("default", limited);
    expect(at).toEqual([0, 90_000, 180_000]);
    expect(record?.error).toMatchObject({ class: "rate-limited", message: "slow down" });
  });

  test.each([
    ["backoff", { backoff: () => Number.NaN }],
    [
      "retryIf",
      {
        retryIf: () => {
          throw new Error("bad hook");
        },
      },
    ],
  ] as const)("whose %s fails is dead at once, saying both what failed and why", async (_key, retry) => {
    const { at, record } = await course(retry, new Error("first trouble"));
    expect(at).toEqual([0]);
    expect(record).toMatchObject({
      state: "dead",
      error: {
        reason: "bad-retry-policy",
        message: expect.stringMatching(/the retry policy failed: .*first trouble/),
      },
    });
  });

  test("keeps of every attempt: start, end, worker, class, fingerprint, message and a bounded stack", async () => {
    const error = new Error(`${"long ".repeat(2_000)}tail`);
    const { record } = await course({ maxAttempts: 2, initial: "1m" }, error);
    expect(record?.history).toMatchObject([
      {
        attempt: 1,
        outcome: "retry",
        worker: "test",
        startedAt: "2026-01-01T00:00:00.000Z",
        endedAt: "2026-01-01T00:00:00.000Z",
      },
      { attempt: 2, outcome: "dead", startedAt: "2026-01-01T00:01:00.000Z" },
    ]);
    for (const { error: kept } of record?.history ?? []) {
      expect(kept).toMatchObject({ class: "processing", name: "Error" });
      expect(kept?.fingerprint).toMatch(/^[0-9a-f]{16}$/);
      expect(Buffer.byteLength(kept?.message ?? "")).toBe(2_048);
      expect(Buffer.byteLength(kept?.stack ?? "")).toBeLessThanOrEqual(4_096);
    }
  });
});
