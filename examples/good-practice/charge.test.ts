/** Shows that the guide's job does what the guide says of it. */
import { testMillrace } from "millrace/testing";
import { expect, test } from "vitest";
import { chargeJob, type Order, placeOrder } from "./charge.ts";

const ORDER: Order = { order: "o-1", cents: 1_999 };

/** A provider that keeps what it charged, and whose first answers get lost. */
function scene(lost = 0) {
  const charged = new Map<string, number>();
  const keys: string[] = [];
  const job = chargeJob({
    charge: async ({ cents }, { idempotencyKey }) => {
      keys.push(idempotencyKey);
      charged.set(idempotencyKey, cents);
      if (keys.length <= lost) throw Object.assign(new Error("connection reset"), { code: "ECONNRESET" });
      return { receipt: `r-${charged.size}` };
    },
  });
  const mr = testMillrace({ jobs: [job], queues: { payments: { capacity: 2 } } });
  return { charged, keys, job, mr };
}

test("an answer that is lost costs another attempt, not another charge", async () => {
  const { charged, keys, job, mr } = scene(2);
  expect(await placeOrder(mr, job, ORDER)).toBe("accepted");
  await mr.runAll({ later: true });
  expect(keys).toHaveLength(3);
  expect([...charged.values()]).toEqual([1_999]);
  await mr.close();
});

test("an order that is sent twice is charged once, also after it was charged", async () => {
  const { charged, job, mr } = scene();
  expect(await placeOrder(mr, job, ORDER)).toBe("accepted");
  expect(await placeOrder(mr, job, ORDER)).toBe("already there");
  await mr.runAll();
  expect(await placeOrder(mr, job, ORDER)).toBe("already there");
  await mr.runAll();
  expect(charged.size).toBe(1);
  await mr.close();
});

test("a full queue is said, and nothing is lost", async () => {
  const { job, mr } = scene();
  const answers = [];
  for (const order of ["a", "b", "c"]) answers.push(await placeOrder(mr, job, { order, cents: 1 }));
  expect(answers).toEqual(["accepted", "accepted", "try again later"]);
  await mr.close();
});

test("an order that can never be charged is not tried again", async () => {
  const { keys, job, mr } = scene();
  await placeOrder(mr, job, { order: "free", cents: 0 });
  await mr.runAll({ later: true });
  expect(keys).toEqual([]);
  expect(await mr.counters(job)).toMatchObject({ dead: 1 });
  await mr.close();
});
