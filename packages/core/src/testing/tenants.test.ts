import { describe, expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import { currentJob, currentTenant } from "../job/current.ts";
import type { TenantOptions } from "../job/tenants.ts";
import type { Logger } from "../runtime/logger.ts";
import { gate, scene, unreachable } from "./scene.fixture.ts";
import { testMillrace } from "./test-millrace.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("inside a handler", () => {
  test("the tenant is seen through awaits, timers and listeners, each handler its own", async () => {
    const seen: [string, string | undefined][] = [];
    const job = defineJob({
      name: "look",
      run: async (input: string, { signal }) => {
        const look = () => seen.push([input, currentTenant()]);
        signal.addEventListener("abort", look);
        look();
        await turn();
        look();
        await new Promise((resolve) => setTimeout(resolve, 2));
        look();
        await Promise.all([turn().then(look), new Promise((resolve) => process.nextTick(resolve))]);
        expect(currentJob()).toMatchObject({ name: "look", tenant: input, tags: ["t"] });
      },
    });
    await using t = testMillrace({ jobs: [job], concurrency: 10 });
    for (const tenant of ["a", "b", "c", ""]) await t.enqueue(job, tenant, { tenant, tags: ["t"] });
    await t.runAll();
    expect(await t.counters()).toMatchObject({ completed: 4 });
    expect(seen).toHaveLength(16);
    for (const [input, tenant] of seen) expect(tenant).toBe(input);
    expect(currentTenant()).toBeUndefined();
  });

  test("a listener of the signal sees it, whoever tells the handler to stop", async () => {
    const seen: unknown[] = [];
    const job = defineJob({
      name: "told",
      timeout: "1s",
      retry: "none",
      run: (_input, { signal }) =>
        new Promise((_, reject) =>
          signal.addEventListener("abort", () => {
            seen.push(currentTenant());
            reject(signal.reason);
          }),
        ),
    });
    await using t = testMillrace({ jobs: [job], patience: 5 });
    await t.enqueue(job, undefined, { tenant: "acme" });
    await t.advance("2s");
    expect(seen).toEqual(["acme"]);
  });

  test("a schema sees it too", async () => {
    const seen: unknown[] = [];
    const input = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: (value: unknown) => {
          seen.push(currentTenant());
          return { value };
        },
      },
    } as const;
    const job = defineJob({ name: "parsed", input, run: () => 1 });
    await using t = testMillrace({ jobs: [job] });
    await t.enqueue(job, 1, { tenant: "acme" });
    await t.runAll();
    expect(seen).toEqual([undefined, "acme"]);
  });

  test("it is gone after a throw and a time-out; a handler that runs on keeps its own", async () => {
    const seen: Record<string, unknown[]> = { deaf: [], next: [] };
    const goOn = gate();
    const job = defineJob({
      name: "leaver",
      retry: "none",
      timeout: "1s",
      run: async (input: string) => {
        if (input === "throws") throw new Error("no");
        if (input === "next") return void seen.next?.push(currentTenant());
        await goOn.promise;
        seen.deaf?.push(currentTenant());
      },
    });
    const { mr, time } = scene([job]);
    const worker = mr.worker({ concurrency: 1, grace: "1s" });
    await mr.enqueue(job, "throws", { tenant: "a" });
    await mr.enqueue(job, "deaf", { tenant: "b" });
    await time.advance(3_000);
    expect(worker.stuck).toBe(1);
    await mr.enqueue(job, "next");
    await mr.enqueue(job, "next", { tenant: "c" });
    await time.settle();
    goOn.open();
    await time.settle();
    expect(seen).toEqual({ deaf: ["b"], next: ["", "c"] });
    expect(currentTenant()).toBeUndefined();
    await mr.close();
  });

  test("the worker's and the client's own loops never see it", async () => {
    const seen: [string, unknown][] = [];
    const job = defineJob({
      name: "busy",
      run: async (input: number, ctx): Promise<void> => {
        await ctx.save({ checkpoint: "1" });
        if (input > 0) {
          const child = await mr.enqueue(job, input - 1, { delay: 5 });
          await mr.enqueue(job, 0);
          await child.result();
        }
      },
    });
    const { mr, time, watch } = scene([job]);
    const verbs = ["enqueue", "claim", "extend", "save", "settle", "rescue", "fold", "find"] as const;
    const worker = mr.worker({ concurrency: 5, lease: "3s" });
    await mr.enqueue(job, 3, { tenant: "acme" });
    for (const verb of verbs) watch.before[verb] = () => void seen.push([verb, currentTenant()]);
    await time.advance(20_000);
    expect(await mr.jobs.list({ states: ["completed"] })).toMatchObject({ rows: { length: 7 } });
    await worker.stop();
    await mr.close();
    expect(new Set(seen.map(([verb]) => verb))).toEqual(new Set(verbs));
    expect(seen.filter(([, tenant]) => tenant !== undefined)).toEqual([]);
  });

  test("an enqueue is for the same tenant unless told otherwise", async () => {
    const child = defineJob({ name: "child", run: () => 1 });
    const parent = defineJob({
      name: "parent",
      run: async () => {
        await t.enqueue(child);
        await t.enqueueMany(child, [1]);
        await t.enqueue(child, 1, { tenant: "other" });
        await t.enqueue(child, 1, { tenant: "" });
      },
    });
    const t = testMillrace({ jobs: [parent, child] });
    await t.enqueue(parent, 1, { tenant: "acme" });
    await t.runAll();
    expect((await t.enqueued(child)).map(({ tenant }) => tenant)).toEqual(["acme", "acme", "other", ""]);
    await t.close();
  });
});

describe("an unknown tenant", () => {
  async function run(tenants: TenantOptions, owners: readonly string[]) {
    const warnings: string[] = [];
    const quiet = () => undefined;
    const logger: Logger = {
      debug: quiet,
      info: quiet,
      error: quiet,
      warn: (text) => void warnings.push(text),
    };
    const job = defineJob({ name: "j", retry: { maxAttempts: 2, initial: 5 }, run: () => 1 });
    await using t = testMillrace({ jobs: [job], tenants, logger });
    for (const tenant of owners) await t.enqueue(job, 1, { tenant });
    await t.runAll({ later: true });
    return { warnings, jobs: await t.enqueued(job) };
  }
  const known = (tenant: string) => tenant === "acme";

  test("runs with one warning", async () => {
    const { warnings, jobs } = await run({ known }, ["acme", "x", "x", "y", ""]);
    expect(warnings).toEqual([
      expect.stringMatching(/"x" is not known/),
      expect.stringMatching(/"y" is not known/),
    ]);
    expect(jobs.map(({ state }) => state)).toEqual(Array(5).fill("completed"));
  });

  test("is refused by option: dead at once, of class permission", async () => {
    const late = async (tenant: string) => known(tenant);
    const { warnings, jobs } = await run({ known: late, unknown: "refuse" }, ["acme", "x", ""]);
    expect(warnings).toEqual([]);
    expect(jobs.map(({ state }) => state)).toEqual(["completed", "dead", "completed"]);
    expect(jobs[1]).toMatchObject({ attempts: 1, error: { class: "permission", reason: "unknown-tenant" } });
  });

  test("a look-up that fails is a failed attempt, tried again", async () => {
    let calls = 0;
    const flaky = () => {
      calls += 1;
      return calls === 1 ? unreachable() : true;
    };
    const { jobs } = await run({ known: flaky, unknown: "refuse" }, ["acme"]);
    expect(jobs).toMatchObject([{ state: "completed", attempts: 2 }]);
  });

  test.each([
    [{ known: true }, /tenants.known/],
    [{ known, unknown: "ignore" }, /tenants.unknown is "ignore"/],
    [{ known, strict: true }, /strict/],
  ])("options are checked: %j", (tenants, message) => {
    expect(() => testMillrace({ tenants: tenants as unknown as TenantOptions })).toThrow(message);
  });
});
