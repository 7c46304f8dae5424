/** The storefront's job types, one for each class of priority. */
import { currentJob, currentTenant, defineJob, type Millrace } from "millrace";

/** What an execution knows of itself and of those before it. */
export interface Execution {
  readonly id: string;
  readonly attempt: number;
  readonly tenant: string | undefined;
  readonly correlationId: string | undefined;
  readonly lastError: string | null;
  readonly enqueuedAt: string;
  readonly ageMs: number;
}

/** Says what each job's execution saw. */
export type Told = (name: string, execution: Execution) => void;

export interface Order {
  readonly order: number;
  /** Attempts that fail before one succeeds. */
  readonly failures?: number;
}

/** The definitions; `client` gives the one they run in. */
export function storefrontJobs(told: Told, client: () => Pick<Millrace, "jobs">) {
  const work = async ({ failures = 0 }: Order): Promise<string> => {
    const job = currentJob();
    const record = job && (await client().jobs.get(job.id));
    if (record === undefined) throw new Error("runs outside a job");
    const attempt = record.attempts + 1;
    told(record.name, {
      id: record.id,
      attempt,
      tenant: currentTenant(),
      correlationId: job?.correlationId,
      lastError: record.error?.message ?? null,
      enqueuedAt: record.createdAt,
      ageMs: Date.now() - Date.parse(record.createdAt),
    });
    if (attempt <= failures) throw new Error(`payment provider said no, attempt ${attempt}`);
    return `order paid at attempt ${attempt}`;
  };
  return {
    payment: defineJob({ name: "payment.capture", queue: "store", priority: "critical", run: work }),
    confirmation: defineJob({ name: "order.confirm", queue: "store", priority: "high", run: work }),
    stock: defineJob({ name: "stock.sync", queue: "store", priority: "default", run: work }),
    review: defineJob({ name: "review.ask", queue: "store", priority: "low", run: work }),
    newsletter: defineJob({ name: "newsletter.send", queue: "store", priority: "bulk", run: work }),
  };
}
