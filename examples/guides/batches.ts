import { ClassedError, defineBatch, definePipeline, type Millrace, type Pipeline } from "millrace";

/** A line of a shop's export. */
export interface Order {
  readonly id: string;
  readonly cents: number | null;
}

/** One chunk step: a reader, a processor, a writer. */
export function importOrders(
  orders: readonly Order[],
  table: Map<string, number>,
): Pipeline<{ day: string }> {
  return defineBatch<{ day: string }>({ name: "orders.import" }).step("orders", {
    read: ({ cursor = "" }) => orders.filter((order) => order.id > cursor),
    cursor: (order) => order.id,
    key: (order) => order.id,
    process: (order) => {
      if (order.cents === null)
        throw new ClassedError("validation", "no-amount", `${order.id} has no amount`);
      return order.cents === 0 ? null : { id: order.id, cents: order.cents };
    },
    write: (rows) => {
      for (const { id, cents } of rows) table.set(id, cents);
    },
    chunkSize: 50,
    concurrency: 4,
    onFailure: { tolerate: "5%" },
  });
}

/** Steps in order, each with what those before it gave. */
export const closeDay: Pipeline<{ day: string; shops: readonly string[] }> = definePipeline<{
  day: string;
  shops: readonly string[];
}>({ name: "day.close", rerun: true })
  .step("open", ({ ctx, input }) => ctx.run.set("day", input.day))
  .partition("totals", {
    partitions: ({ input }) => Object.fromEntries(input.shops.map((shop, rank) => [shop, { rank }])),
    concurrency: 2,
    retry: "aggressive",
    step: ({ ctx }) => ctx.partition.context.rank * 100,
  })
  .each(
    "letters",
    ({ steps }) => Object.entries(steps.totals),
    ([shop, total], { run }) => `${run.get("day")}: ${shop} made ${total}`,
  )
  .step("send", ({ steps }) => ({ sent: steps.letters }), { when: ({ steps }) => steps.letters.length > 0 })
  .step("close", ({ steps }) => steps.send ?? { sent: [] }, { alwaysRun: true });

/** Starts a run, follows it, and has what failed run once more. */
export async function importDay(mr: Millrace, batch: Pipeline<{ day: string }>): Promise<string> {
  const run = await mr.start(batch, { day: "2026-03-29" }, { submittedBy: "ann" });
  for await (const { state, done, total } of run.progress()) {
    if (state === "running") console.debug(`${done} of ${total ?? "?"}`);
  }
  const { state } = await run.finished();
  if (state !== "partial") return state;
  await run.restart({ only: "failed", reason: "amounts were added" });
  return (await run.finished()).state;
}

/** At every start of the program. */
export async function everyNight(mr: Millrace): Promise<void> {
  await mr.schedule("close-the-day", {
    ...{ cron: "15 0 * * *", zone: "Europe/Berlin" },
    run: closeDay,
    input: { day: "yesterday", shops: ["berlin", "roma"] },
  });
}
