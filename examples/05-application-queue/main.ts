/** The application queue's acceptance list, line by line, on the store it is given. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Acceptance, must, until } from "../shared/acceptance.ts";
import { JobQueue } from "./job-queue.ts";
import { type ApplicationJobs, analyse, exportRows } from "./jobs.ts";

const START_MS = 5_000;
const TOGETHER = 120;

/** Runs the list; gives what was tried. `store` is the URL of an empty store. */
export async function run(store: string, print?: (line: string) => void): Promise<Acceptance> {
  const list = new Acceptance("Application queue (S4)", print);
  const folder = await mkdtemp(join(tmpdir(), "millrace-example-"));
  const seen = new Seen();
  const queue = newQueue(store, seen);
  await list.check("starts within 5 s", async () => {
    const beganMs = performance.now();
    const before = process.cpuUsage();
    await queue.start();
    const { user, system } = process.cpuUsage(before);
    const ms = Math.round(performance.now() - beganMs);
    const workMs = Math.round((user + system) / 1_000);
    // The machine may be busy with other things: then what this process worked for it is told apart.
    const told = `${ms} ms, ${workMs} ms of work`;
    must(Math.min(ms, workMs) < START_MS, told);
    return told;
  });
  try {
    await results(list, { queue, seen, folder });
    await control(list, queue);
    await load(list, queue);
  } finally {
    await queue.close();
  }
  await together(list, store);
  await restart(list, store);
  await rm(folder, { recursive: true, force: true });
  list.sum();
  return list;
}

/** What callbacks were told. */
class Seen {
  readonly progress = new Map<string, number[]>();
  readonly completed = new Map<string, unknown>();
  readonly failed = new Map<string, unknown>();
  readonly tries = new Map<string, number>();
}

type ApplicationQueue = JobQueue<ApplicationJobs>;

function newQueue(store: string, seen: Seen, concurrency = 5): ApplicationQueue {
  const told = {
    progress: (percent: number, id: string) =>
      void seen.progress.set(id, [...(seen.progress.get(id) ?? []), percent]),
    completed: (result: unknown, id: string) => void seen.completed.set(id, result),
    failed: (error: unknown, id: string) => void seen.failed.set(id, error),
  };
  return new JobQueue<ApplicationJobs>({ store, concurrency })
    .register(
      "email",
      ({ to }, ctx) => {
        const tries = (seen.tries.get(ctx.job.id) ?? 0) + 1;
        seen.tries.set(ctx.job.id, tries);
        if (to === "nobody" || (to === "later" && tries < 3)) throw new Error(`no route to ${to}`);
        return { messageId: `<${ctx.job.id}@example.com>` };
      },
      told,
    )
    .register("export", exportRows, told)
    .register("analysis", analyse, told)
    .register("slow", ({ ms }, ctx) => slow(ms, ctx.signal), told);
}

function slow(ms: number, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve("done"), ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

interface Scene {
  readonly queue: ApplicationQueue;
  readonly seen: Seen;
  readonly folder: string;
}

async function results(list: Acceptance, { queue, seen, folder }: Scene): Promise<void> {
  await list.check("a typed job gives its result", async () => {
    const id = await queue.add("email", { to: "ann" });
    const { messageId } = await queue.result("email", id);
    must((await queue.status(id)) === "completed", String(await queue.status(id)));
    return messageId.slice(0, 10);
  });
  await list.check("fails twice and succeeds: three attempts, 1 s and 2 s apart", async () => {
    const id = await queue.add("email", { to: "later" });
    await queue.result("email", id);
    const record = await queue.get(id);
    const gaps = (record?.history ?? []).slice(1).map(({ startedAt }, index) => {
      const before = record?.history[index]?.endedAt ?? "";
      return Date.parse(startedAt ?? "") - Date.parse(before);
    });
    must(record?.attempts === 3 && (gaps[0] ?? 0) >= 990 && (gaps[1] ?? 0) >= 1_990, JSON.stringify(gaps));
    return `${gaps.join(" and ")} ms`;
  });
  await list.check("fails for good: failed, with its error, and the callback is told once", async () => {
    const id = await queue.add("email", { to: "nobody" }, { attempts: 1 });
    await until("the failure", async () => ((await queue.status(id)) === "failed" ? true : undefined));
    const error = await until("the callback", () => seen.failed.get(id));
    must(error instanceof Error && error.message === "no route to nobody", String(error));
    return (await queue.get(id))?.error?.message ?? "";
  });
  await list.check("an export tells its progress and its hook is called when the file is there", async () => {
    const path = join(folder, "orders.csv");
    const rows = Array.from({ length: 500 }, (_, n) => [n, `order "${n}", paid`]);
    const id = await queue.add("export", { path, rows });
    await until("the hook", () => seen.completed.get(id));
    const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
    must(lines.length === 500 && lines[1] === '1,"order ""1"", paid"', lines[1] ?? "");
    must(seen.progress.get(id)?.at(-1) === 100, `progress ${seen.progress.get(id)}`);
    return `${lines.length} lines, progress ${seen.progress.get(id)?.at(-1)} %`;
  });
  await list.check("a batch analysis goes through its texts and sums them up", async () => {
    const texts = Array.from({ length: 200 }, (_, n) => `text number ${n} of two hundred`);
    const result = await queue.result("analysis", await queue.add("analysis", { texts }));
    must(result.words === 1_200 && result.longest === "hundred", JSON.stringify(result));
    return `${result.words} words`;
  });
}

async function control(list: Acceptance, queue: ApplicationQueue): Promise<void> {
  await list.check("cancels a waiting job at once and a running one by its signal", async () => {
    const waiting = await queue.add("slow", { ms: 10 }, { delayMs: 60_000 });
    const running = await queue.add("slow", { ms: 600_000 });
    await until("the start", async () => ((await queue.status(running)) === "processing" ? true : undefined));
    must((await queue.cancel(waiting)) && (await queue.cancel(running)), "not cancelled");
    await until("the cancel", async () => ((await queue.status(running)) === "cancelled" ? true : undefined));
    return `${await queue.status(waiting)}, ${await queue.status(running)}`;
  });
  await list.check("a delayed job is not begun before its time", async () => {
    const id = await queue.add("slow", { ms: 1 }, { delayMs: 300 });
    await queue.result("slow", id);
    const record = await queue.get(id);
    const lateMs = Date.parse(record?.startedAt ?? "") - Date.parse(record?.createdAt ?? "");
    must(lateMs >= 299, `${lateMs} ms`);
    return `${lateMs} ms after it was added`;
  });
  await list.check("a timeout ends an attempt", async () => {
    const id = await queue.add("slow", { ms: 600_000 }, { timeoutMs: 50, attempts: 1 });
    await until("the end", async () => ((await queue.status(id)) === "failed" ? true : undefined));
    const error = (await queue.get(id))?.error;
    must(error?.class === "timeout", JSON.stringify(error));
    return error?.class ?? "";
  });
  await list.check("counts by status, and forgets what has ended", async () => {
    const before = await queue.stats();
    must(before.completed >= 5 && before.failed >= 2 && before.cancelled === 2, JSON.stringify(before));
    const removed = await queue.cleanUp(0);
    must(removed >= 7, `${removed} removed`);
    return `${JSON.stringify(before)}; ${removed} forgotten`;
  });
}

async function load(list: Acceptance, queue: ApplicationQueue): Promise<void> {
  await list.check("higher numbers go first", async () => {
    const blockers = await Promise.all(
      Array.from({ length: 5 }, () => queue.add("slow", { ms: 600_000 }, { priority: 10 })),
    );
    await until("all slots taken", async () => ((await queue.stats()).processing === 5 ? true : undefined));
    const low = await queue.add("slow", { ms: 1 }, { priority: -1 });
    const high = await queue.add("slow", { ms: 1 }, { priority: 5 });
    const [one = "", ...others] = blockers;
    await queue.cancel(one);
    await Promise.all([low, high].map((id) => queue.result("slow", id)));
    for (const id of others) await queue.cancel(id);
    const [first, second] = await Promise.all([queue.get(high), queue.get(low)]);
    must((first?.startedAt ?? "") <= (second?.startedAt ?? ""), `${first?.startedAt} ${second?.startedAt}`);
    return "high before low";
  });
  await list.check(`five at a time work off ${TOGETHER} jobs`, async () => {
    const beganMs = performance.now();
    const ids = await Promise.all(Array.from({ length: TOGETHER }, () => queue.add("slow", { ms: 5 })));
    await Promise.all(ids.map((id) => queue.result("slow", id)));
    return `${Math.round(performance.now() - beganMs)} ms`;
  });
}

/** Each waits for all the others: fewer at once would never end. */
async function together(list: Acceptance, store: string): Promise<void> {
  await list.check(`${TOGETHER} jobs run at once where the queue is told so`, async () => {
    let running = 0;
    const all = new JobQueue<{ meet: { data: null; result: number } }>({ store, concurrency: TOGETHER });
    all.register("meet", async () => {
      running += 1;
      return until("the others", () => (running === TOGETHER ? running : undefined));
    });
    await all.start();
    try {
      const ids = await Promise.all(Array.from({ length: TOGETHER }, () => all.add("meet", null)));
      await Promise.all(ids.map((id) => all.result("meet", id)));
      return `${running} at once`;
    } finally {
      await all.close();
    }
  });
}

/** A queue is closed with work left; another takes its place. */
async function restart(list: Acceptance, store: string): Promise<void> {
  await list.check("nothing is lost when the queue is closed and started again", async () => {
    const first = await newQueue(store, new Seen(), 1).start();
    const ids = await Promise.all(Array.from({ length: 20 }, () => first.add("slow", { ms: 20 })));
    await first.close();
    const second = await newQueue(store, new Seen()).start();
    try {
      const left = await Promise.all(ids.map((id) => second.status(id)));
      await Promise.all(ids.map((id) => second.result("slow", id)));
      return `${left.filter((status) => status === "queued").length} of ${ids.length} were left, all completed`;
    } finally {
      await second.close();
    }
  });
}
