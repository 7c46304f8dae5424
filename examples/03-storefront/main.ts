/** The storefront's acceptance list: classes, presets, bounded queues, dead letters, tenants. */
import { currentTenant, type JobRecord, type Millrace, millrace } from "millrace";
import { Acceptance, must, until } from "../shared/acceptance.ts";
import { type Execution, type Order, storefrontJobs } from "./jobs.ts";

/** What the presets say: delays between attempts, in ms. */
const PRESETS = {
  payment: [500, 1_000, 2_000, 4_000],
  confirmation: [1_000, 2_000],
  stock: [1_000, 2_000],
  review: [1_000, 2_000],
  newsletter: [],
} as const;
type Kind = keyof typeof PRESETS;
const KINDS = Object.keys(PRESETS) as readonly Kind[]; // of PRESETS

/** A delay is drawn between none and the formula's, so that retries do not come in herds; a worker may be late. */
const SLACK_MS = 30_000;

/** Runs the list; gives what was tried. `store` is the URL of an empty store. */
export async function run(store: string, print?: (line: string) => void): Promise<Acceptance> {
  const list = new Acceptance("Storefront (S2)", print);
  await using shop = new Shop(store);
  await classes(list, shop);
  await presets(list, shop);
  await executions(list, shop);
  await bounds(list, shop);
  await deadLetters(list, shop);
  await tenants(list, shop);
  list.sum();
  return list;
}

/** The shop's client, and what its executions said. */
class Shop {
  readonly seen: (Execution & { readonly name: string })[] = [];
  readonly jobs: ReturnType<typeof storefrontJobs>;
  readonly mr: Millrace;

  constructor(store: string) {
    this.jobs = storefrontJobs(
      (name, execution) => this.seen.push({ name, ...execution }),
      () => this.mr,
    );
    this.mr = millrace({ store, jobs: Object.values(this.jobs) });
  }

  async ended(id: string): Promise<JobRecord> {
    return until(`the end of ${id}`, async () => {
      const record = await this.mr.jobs.get(id);
      return record?.finishedAt == null ? undefined : record;
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.mr.close();
  }
}

async function classes(list: Acceptance, { mr, jobs, seen }: Shop): Promise<void> {
  await list.check("five classes run in their order, whatever was enqueued first", async () => {
    for (const kind of KINDS.toReversed()) await mr.enqueueMany(jobs[kind], orders(5));
    const worker = mr.worker({ concurrency: 1, buffer: 0, targets: NEVER_LATE });
    await until("25 jobs", () => (seen.length === 25 ? true : undefined));
    await worker.stop();
    const order = [...new Set(seen.map(({ name }) => name))];
    const names = KINDS.map((kind) => jobs[kind].name);
    must(order.join() === names.join(), order.join());
    return names.join(" → ");
  });
  await list.check("a job past its target wait overtakes higher classes: nothing starves", async () => {
    seen.length = 0;
    await mr.enqueueMany(jobs.newsletter, orders(1));
    await new Promise((resolve) => setTimeout(resolve, 60));
    await mr.enqueueMany(jobs.payment, orders(100));
    const worker = mr.worker({ concurrency: 1, buffer: 0, targets: { ...NEVER_LATE, bulk: "50ms" } });
    await until("101 jobs", () => (seen.length === 101 ? true : undefined));
    await worker.stop();
    const place = seen.findIndex(({ name }) => name === jobs.newsletter.name);
    must(place <= 10, `came as number ${place + 1}`);
    return `came as number ${place + 1} of 101`;
  });
}

/** Targets that no job of this list misses. */
const NEVER_LATE = { critical: "1h", high: "1h", default: "1h", low: "1h", bulk: "1h" } as const;

async function presets(list: Acceptance, shop: Shop): Promise<void> {
  shop.mr.worker({ concurrency: 20 });
  const failed = await Promise.all(
    KINDS.map(async (kind) => {
      const { id } = await shop.mr.enqueue(shop.jobs[kind], { order: 1, failures: 9 });
      return { kind, record: await shop.ended(id) };
    }),
  );
  for (const { kind, record } of failed) {
    const delays = PRESETS[kind];
    const rule = `${record.priority}: ${delays.length + 1} attempts, then the dead letters`;
    await list.check(rule, () => {
      const gaps = record.history.slice(1).map(({ startedAt }, index) => {
        return Date.parse(startedAt ?? "") - Date.parse(record.history[index]?.endedAt ?? "");
      });
      must(record.state === "dead" && record.attempts === delays.length + 1, JSON.stringify(record));
      must(
        gaps.every((gap, index) => gap <= (delays[index] ?? 0) + SLACK_MS),
        `${gaps} ms`,
      );
      return gaps.length === 0 ? "at once" : `${gaps.join(", ")} ms apart, of at most ${delays.join(", ")}`;
    });
  }
}

async function executions(list: Acceptance, shop: Shop): Promise<void> {
  await list.check(
    "an execution knows its id, attempt, last error, enqueue time, age, correlation",
    async () => {
      shop.seen.length = 0;
      const order: Order = { order: 7, failures: 1 };
      const { id } = await shop.mr.enqueue(shop.jobs.payment, order, { correlationId: "cart-7" });
      await shop.ended(id);
      const [first, second] = shop.seen;
      must(first?.attempt === 1 && first.lastError === null, JSON.stringify(first));
      must(
        second?.id === id && second.attempt === 2 && second.correlationId === "cart-7",
        JSON.stringify(second),
      );
      must(second.lastError === "payment provider said no, attempt 1", String(second.lastError));
      must(second.ageMs >= 0 && second.enqueuedAt === first.enqueuedAt, JSON.stringify(second));
      return `attempt 2 at ${second.ageMs} ms, after "${second.lastError}"`;
    },
  );
}

async function bounds(list: Acceptance, { mr, jobs }: Shop): Promise<void> {
  await list.check("a full class refuses more, and counts what it refused", async () => {
    await mr.queues.pause("store");
    await mr.queues.setCapacity("store", { bulk: 10 });
    const { enqueued, refused } = await mr.enqueueMany(jobs.newsletter, orders(25));
    must(enqueued === 10 && refused === 15, `${enqueued} enqueued, ${refused} refused`);
    await mr.enqueue(jobs.payment, { order: 1 });
    const store = (await mr.stats()).queues.find(({ queue }) => queue === "store");
    must(store?.priorities.bulk?.refused === 15, JSON.stringify(store?.priorities.bulk));
    return `${enqueued} enqueued, ${refused} refused; payments still go in`;
  });
  await list.check("a paused queue runs nothing until it is resumed", async () => {
    const before = (await mr.stats()).queued;
    must(before === 11, `${before} wait`);
    await mr.queues.resume("store");
    await until("an empty queue", async () => ((await mr.stats()).queued === 0 ? true : undefined));
    return `${before} waited, none is left`;
  });
}

async function deadLetters(list: Acceptance, { mr, jobs, seen }: Shop): Promise<void> {
  await list.check("dead letters are looked at without being removed", async () => {
    const before = await mr.dead.count({});
    const { rows } = await mr.dead.list();
    const groups = (await mr.dead.groups()).rows;
    const after = await mr.dead.count({});
    must(before === 5 && after === 5 && rows.length === 5, `${before}, ${rows.length}, ${after}`);
    return `${after} in ${groups.length} groups`;
  });
  await list.check("one is replayed by hand, patched ones as an operation", async () => {
    const [dead] = (await mr.dead.list({ name: jobs.newsletter.name })).rows;
    must(dead !== undefined, "none is there");
    seen.length = 0;
    await mr.dead.replay(dead.id, { reason: "the provider is back" });
    await until("another execution", () => seen.find(({ id }) => id === dead.id));
    await until("its second death", async () => ((await mr.dead.count({})) === 5 ? true : undefined));
    const operation = await mr.dead.replay({}, { patch: { failures: 0 }, reason: "the provider is back" });
    const { done } = await operation.finished();
    await until("no dead letters", async () => ((await mr.dead.count({})) === 0 ? true : undefined));
    return `${done} replayed, none left`;
  });
}

async function tenants(list: Acceptance, { mr, jobs, seen }: Shop): Promise<void> {
  await list.check("each job runs in its tenant's context, and nothing of it is left behind", async () => {
    seen.length = 0;
    const names = ["acme", "globex", "initech"];
    const sent = await Promise.all(names.map((tenant) => mr.enqueue(jobs.stock, { order: 1 }, { tenant })));
    await Promise.all(sent.map((job) => job.result()));
    const saw = seen.map(({ tenant }) => tenant).toSorted();
    must(saw.join() === names.join() && currentTenant() === undefined, saw.join());
    return saw.join(", ");
  });
}

function orders(count: number): readonly Order[] {
  return Array.from({ length: count }, (_, order) => ({ order }));
}
