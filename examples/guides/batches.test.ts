/** Owns the example of batches and restart: the guide prints it, and it does what the guide says. */
import { readFileSync } from "node:fs";
import { memoryStore } from "@millrace/core";
import { VirtualTime } from "@millrace/core/testing";
import { createMillrace, type Millrace, type Registrable } from "millrace";
import { expect, test } from "vitest";
import { closeDay, everyNight, importDay, importOrders, type Order } from "./batches.ts";

function textOf(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

function program(definition: Registrable): { readonly mr: Millrace; readonly time: VirtualTime } {
  const time = new VirtualTime();
  const store = memoryStore({ now: () => time.now() });
  const mr = createMillrace({ store, jobs: [definition], timing: time });
  mr.worker();
  return { mr, time };
}

test("the guide prints the example", () => {
  const blocks = [...textOf("../../docs/guides/batches-and-restart.md").matchAll(/^```ts\n(.*?)^```$/gms)];
  expect(blocks.map(([, block]) => block)).toEqual([textOf("batches.ts")]);
});

test("a day is imported, and what failed is run again", async () => {
  const orders: Order[] = Array.from({ length: 200 }, (_, n) => ({
    id: String(n).padStart(4, "0"),
    cents: n,
  }));
  orders[7] = { id: "0007", cents: null };
  const table = new Map<string, number>();
  const batch = importOrders(orders, table);
  const { mr, time } = program(batch);
  const imported = importDay(mr, batch);
  await time.advance(60_000);
  expect(await imported).toBe("partial");
  expect(table.size).toBe(198);
  const [run] = (await mr.runs.list()).rows;
  expect(run).toMatchObject({ restarts: 1, submittedBy: "ann" });
  expect(run?.counters["orders"]).toMatchObject({ done: 198, filtered: 1, failed: 1, read: 200 });
  await mr.close();
});

test("a day is closed step by step, every night", async () => {
  const { mr, time } = program(closeDay);
  const run = await mr.start(closeDay, { day: "monday", shops: ["berlin", "roma"] });
  await time.advance(60_000);
  expect(JSON.parse((await run.row()).result ?? "")).toEqual({
    sent: ["monday: berlin made 0", "monday: roma made 100"],
  });
  const none = await mr.start(closeDay, { day: "sunday", shops: [] });
  await time.advance(60_000);
  expect((await none.steps()).find(({ name }) => name === "send")?.state).toBe("skipped");
  expect(await none.row()).toMatchObject({ state: "completed", result: '{"sent":[]}' });
  await everyNight(mr);
  expect(await mr.schedules.get("close-the-day")).toMatchObject({ run: { definition: "day.close" } });
  await mr.close();
});
