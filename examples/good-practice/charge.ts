import { defineJob, type JobDefinition, type Millrace, MillraceError, UnrecoverableError } from "millrace";

/** An order as the web part knows it. */
export interface Order {
  readonly order: string;
  readonly cents: number;
}

/** A payment provider that does nothing twice under one key. */
export interface Provider {
  charge(order: Order, how: { idempotencyKey: string; signal: AbortSignal }): Promise<{ receipt: string }>;
}

/** Charges an order once, however often it runs. */
export function chargeJob(provider: Provider) {
  return defineJob({
    name: "order.charge",
    queue: "payments", // of its own: the provider takes so many at once, whatever else there is to do
    timeout: "20s",
    retry: { maxAttempts: 6, initial: "2s", max: "5m" },
    run: async (input: Order, ctx) => {
      if (input.cents <= 0) throw new UnrecoverableError(`order ${input.order} is over ${input.cents} cents`);
      return provider.charge(input, { idempotencyKey: ctx.job.id, signal: ctx.signal });
    },
  });
}

/** The web part: one charge for an order that is sent twice, and an honest answer when there is no room. */
export async function placeOrder(
  mr: Millrace,
  job: JobDefinition<"order.charge", Order, Order, { receipt: string }>,
  order: Order,
): Promise<"accepted" | "already there" | "try again later"> {
  try {
    const { accepted } = await mr.enqueue(job, order, { key: order.order, keepFor: "7d", mode: "return" });
    return accepted === "created" ? "accepted" : "already there";
  } catch (error) {
    if (error instanceof MillraceError && error.code === "queue-full") return "try again later";
    throw error;
  }
}
