import { describe, expect, test } from "vitest";
import { memoryStore } from "../memory/memory-store.ts";
import { sealEnvelope } from "../model/envelope.ts";
import { type JobId, newId } from "../model/ids.ts";
import type { NewJob } from "../model/job.ts";
import { type FaultPlan, faultyStore } from "./faulty-store.ts";
import { seededRandom } from "./seeded-random.ts";

async function scene(plan?: FaultPlan) {
  const store = memoryStore();
  await store.open();
  const faulty = faultyStore(store, plan);
  const enqueue = () => faulty.enqueue([newRow()]);
  const count = async () => (await store.find({}, { limit: 1_000 })).rows.length;
  return { faulty, enqueue, count };
}

function newRow(): NewJob {
  const base = { queue: "q", name: "n", tenant: "", priority: "default", delayMs: 0, maxRescues: 3 } as const;
  return { ...base, id: newId<JobId>(), envelope: sealEnvelope({ payload: null }) };
}

describe("a faulty store", () => {
  test("fails the nth call of a verb, before its effect", async () => {
    const { faulty, enqueue, count } = await scene({ faults: [{ verb: "enqueue", nth: 2 }] });
    await enqueue();
    await faulty.find({}, { limit: 1 });
    await expect(enqueue()).rejects.toMatchObject({ code: "store-unreachable" });
    await enqueue();
    expect(await count()).toBe(2);
    expect(faulty.struck).toEqual([{ verb: "enqueue", call: 2, when: "before" }]);
  });

  test("loses the answer of a call that took effect, with an error of the test's own", async () => {
    const error = new Error("mine");
    const { enqueue, count } = await scene({ faults: [{ verb: "enqueue", when: "after", error }] });
    await expect(enqueue()).rejects.toBe(error);
    expect(await count()).toBe(1);
  });

  test("counts from when a fault is planned, and so many in a row", async () => {
    const { faulty, enqueue } = await scene();
    await enqueue();
    faulty.fail({ verb: "enqueue", nth: 2, times: 2 });
    const calls: string[] = [];
    for (let call = 0; call < 4; call += 1) {
      calls.push(
        await enqueue().then(
          () => "fine",
          () => "failed",
        ),
      );
    }
    expect(calls).toEqual(["fine", "failed", "failed", "fine"]);
  });

  test("heals", async () => {
    const { faulty, enqueue } = await scene({
      faults: [{ verb: "enqueue", times: Number.POSITIVE_INFINITY }],
      random: { seed: 1, rate: 1 },
    });
    await expect(enqueue()).rejects.toThrow();
    faulty.heal();
    await enqueue();
    expect(faulty.struck).toHaveLength(1);
  });

  test("fails by chance only the verbs named, at about the rate", async () => {
    const { faulty, enqueue } = await scene({ random: { seed: 3, rate: 0.25, verbs: ["enqueue"] } });
    for (let call = 0; call < 400; call += 1) {
      await enqueue().catch(() => undefined);
      await faulty.find({}, { limit: 1 });
    }
    expect(faulty.struck.length).toBeGreaterThan(70);
    expect(faulty.struck.length).toBeLessThan(130);
    expect(new Set(faulty.struck.map(({ when }) => when))).toEqual(new Set(["before", "after"]));
  });

  test.each([
    [{ faults: [{ verb: "enqeue" }] }, /fault.verb/],
    [{ faults: [{ verb: "transaction" }] }, /fault.verb/],
    [{ faults: [{ verb: "claim", nth: 0 }] }, /fault.nth/],
    [{ faults: [{ verb: "claim", when: "later" }] }, /fault.when/],
    [{ faults: [{ verb: "claim", at: 1 }] }, /at/],
    [{ random: { seed: 1, rate: 2 } }, /rate/],
    [{ fault: [] }, /fault/],
  ])("refuses %j", (plan, message) => {
    expect(() => faultyStore(memoryStore(), plan as FaultPlan)).toThrow(message);
  });

  test("has chance that repeats itself, spread over [0, 1)", () => {
    const [one, other] = [seededRandom(42), seededRandom(42)];
    const numbers = Array.from({ length: 1_000 }, one);
    expect(numbers).toEqual(Array.from({ length: 1_000 }, other));
    expect(Math.min(...numbers)).toBeLessThan(0.01);
    expect(Math.max(...numbers)).toBeGreaterThan(0.99);
    expect(Math.max(...numbers)).toBeLessThan(1);
  });
});
