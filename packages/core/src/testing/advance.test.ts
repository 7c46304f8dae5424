import { describe, expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import { chain } from "./chain.fixture.ts";
import { testMillrace } from "./test-millrace.ts";

describe("advance", () => {
  test("runs what becomes due on the way, each at its own time and in order", async () => {
    const seen: [string, number][] = [];
    const job = defineJob({
      name: "at",
      run: (input: string) => void seen.push([input, t.time.now() - start]),
    });
    const t = testMillrace({ jobs: [job] });
    const start = t.time.now();
    await t.enqueue(job, "late", { delay: "59m" });
    await t.enqueue(job, "early", { delay: "1234ms" });
    await t.enqueue(job, "beyond", { delay: "61m" });
    await t.enqueue(job, "now");
    await t.advance("1h");
    expect(seen).toEqual([
      ["now", 0],
      ["early", 1_234],
      ["late", 3_540_000],
    ]);
    expect(t.time.now() - start).toBe(3_600_000);
    await t.advance("1m");
    expect(seen.at(-1)).toEqual(["beyond", 3_660_000]);
    await t.close();
  });

  test("takes retries through their whole policy, without chance", async () => {
    const at: number[] = [];
    const job = defineJob({
      name: "flaky",
      retry: { maxAttempts: 4, initial: "10s", multiplier: 3, jitter: "full" },
      run: () => {
        at.push(t.time.now() - start);
        throw new Error("no");
      },
    });
    const t = testMillrace({ jobs: [job] });
    const start = t.time.now();
    await t.enqueue(job);
    await t.advance("1h");
    expect(at).toEqual([0, 10_000, 40_000, 130_000]);
    await t.close();
  });

  test("passes days in little real time, and time-outs exactly", async () => {
    let abortedAt = 0;
    const job = defineJob({
      name: "slow",
      timeout: "90s",
      retry: "none",
      run: (_input, { signal }) =>
        new Promise((_, reject) =>
          signal.addEventListener("abort", () => {
            abortedAt = t.time.now() - start;
            reject(signal.reason);
          }),
        ),
    });
    const t = testMillrace({ jobs: [job] });
    const start = t.time.now();
    await t.enqueue(job, undefined, { delay: "2d" });
    const realStart = performance.now();
    await t.advance("3d");
    expect(performance.now() - realStart).toBeLessThan((3 * 86_400_000) / 1_000); // a thousandth, on any machine
    expect(abortedAt).toBe(2 * 86_400_000 + 90_000);
    expect(await t.counters()).toMatchObject({ dead: 1 });
    await t.close();
  });

  test("sets off alarms of code under test at their own time", async () => {
    const t = testMillrace();
    const start = t.time.now();
    const at: number[] = [];
    for (const ms of [5_500, 61_234, 3_000]) t.time.after(ms, () => at.push(t.time.now() - start));
    await t.advance("2m");
    expect(at).toEqual([3_000, 5_500, 61_234]);
    await t.close();
  });

  test("refuses to be called twice at once", async () => {
    const t = testMillrace();
    const first = t.advance("1h");
    await expect(t.advance("1h")).rejects.toMatchObject({ code: "bad-usage" });
    await first;
    await t.close();
  });
});

describe("runAll", () => {
  test("leaves what is scheduled, unless told to go on to it", async () => {
    const { job, t } = chain("1h");
    await t.enqueue(job, { left: 5 });
    await t.runAll();
    expect(await t.counters()).toMatchObject({ completed: 1, scheduled: 1 });
    await t.runAll({ later: true });
    expect(await t.counters()).toMatchObject({ completed: 6, scheduled: 0 });
    expect(t.time.now()).toBe(Date.UTC(2026, 0, 1, 5));
    await t.close();
  });

  test("follows jobs that make others due, as far as the rounds go", async () => {
    const { job, t } = chain();
    await t.enqueue(job, { left: 19 });
    await t.runAll();
    expect(await t.counters()).toMatchObject({ completed: 20 });
    await t.close();
  });

  test.each([undefined, "1h"] as const)("names jobs that keep going (delay %s)", async (delay) => {
    const { job, t } = chain(delay);
    await t.enqueue(job, { left: Number.MAX_SAFE_INTEGER });
    await expect(t.runAll({ later: true })).rejects.toMatchObject({
      code: "never-idle",
      message: expect.stringMatching(/keep going \(chain\) after 20 rounds/),
      details: { names: ["chain"] },
    });
    await t.close();
  });

  test("names jobs whose handlers do not end", async () => {
    const job = defineJob({ name: "deaf", run: () => new Promise(() => undefined) });
    const t = testMillrace({ jobs: [job], patience: 5 });
    await t.enqueue(job);
    await expect(t.runAll()).rejects.toMatchObject({
      code: "never-idle",
      message: expect.stringMatching(/still run \(deaf\) after 100 ms/),
    });
    await t.close();
  });

  test("counts no time for which the process itself stood still", async () => {
    const real = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    const job = defineJob({
      name: "held up",
      run: async () => {
        await real(5);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500); // as a busy machine holds it up
        for (let more = 0; more < 10; more += 1) await real(1);
      },
    });
    await using t = testMillrace({ jobs: [job], patience: 50 });
    await t.enqueue(job);
    await t.runAll();
    expect(await t.counters(job)).toMatchObject({ completed: 1 });
  });

  test("passes over jobs without a handler", async () => {
    const contract = defineJob({ name: "contract" });
    await using t = testMillrace({ jobs: [contract] });
    await t.enqueue(contract);
    await t.runAll();
    await t.advance("1h");
    expect(await t.counters(contract)).toMatchObject({ ready: 1, attempts: 0 });
  });
});
