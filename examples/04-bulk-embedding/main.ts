/** The bulk embedding service's acceptance list: submit, status, list, cancel, queues by model, figures, errors, limits. */
import { bulkEmbedName, modelQueue } from "@millrace/rag";
import type { RunRow } from "millrace";
import { Acceptance, must, until } from "../shared/acceptance.ts";
import { vectorOf } from "./model-server.ts";
import { failedItems, Service, texts } from "./service.ts";

const MUST_PER_MINUTE = 1_000;
const RETRY_AFTER_S = 2;
const KINDS_OF_ERROR = [
  "permission/not-allowed 5",
  "validation/malformed 1",
  "validation/refused 1",
  "validation/too-large 1",
] as const;

/** Runs the list; gives what was tried. `store` is the URL of an empty store. */
export async function run(store: string, print?: (line: string) => void): Promise<Acceptance> {
  const list = new Acceptance("Bulk embedding service (S3)", print);
  await using service = await Service.open(store);
  await submitting(list, service);
  await looking(list, service);
  await items(list, service);
  await trouble(list, service);
  await figures(list, service);
  list.sum();
  return list;
}

async function submitting(list: Acceptance, service: Service): Promise<void> {
  const { mr, embed, insert, collections, server, models } = service;
  await list.check("bulk_embed: submitted, embedded into the model's collection", async () => {
    const handle = await mr.start(
      embed.ada,
      { file: service.file(texts("first", 120)) },
      { submittedBy: "ann", priority: "high" },
    );
    const row = await handle.finished();
    must(row.state === "completed" && row.submittedBy === "ann" && row.priority === "high", told(row));
    const stored = await collections.count("ada_embeddings");
    must(stored === 120, `${stored} are stored`);
    return `${handle.result}, then ${told(row)}`;
  });
  await list.check("what was embedded is found by its vector", async () => {
    const vector = Float32Array.from(vectorOf("first: text 7", server.dimensions));
    const [hit] = await collections.search("ada_embeddings", { vector, limit: 1, mode: "vector" });
    must(hit?.id === "first-7" && hit.score > 0.999, JSON.stringify(hit));
    return `${hit.id}, score ${hit.score.toFixed(3)}`;
  });
  await list.check("bulk_insert: inserted the first time, updated the second", async () => {
    const made = texts("made", 60).map(({ id, text }) => ({ id, embedding: vectorOf(text, 4) }));
    const first = await (await mr.start(insert, { file: service.file(made), collection: "made" })).finished();
    const second = await (
      await mr.start(insert, { file: service.file(made), collection: "made" })
    ).finished();
    const [one, two] = [first, second].map((row) => row.counters["items"]);
    must(one?.["inserted"] === 60 && two?.["updated"] === 60, `${told(first)}; ${told(second)}`);
    return `${told(first)}; ${told(second)}`;
  });
  await list.check("an unknown model is refused with those there are", () => {
    const refusal = refusalOf(() => models.get("gpt"));
    must(refusal.includes("ada, bert"), refusal);
    return refusal;
  });
}

async function looking(list: Acceptance, service: Service): Promise<void> {
  const { mr, embed } = service;
  await list.check("status while it runs, in items and in batches", async () => {
    const handle = await mr.start(embed.bert, { file: service.file(texts("status", 400)) });
    let looks = 0;
    let last = 0;
    for await (const { done, total } of handle.progress()) {
      must(done >= last && (total === undefined || done <= total), `${done} of ${total} after ${last}`);
      looks += 1;
      last = done;
    }
    const name = `${bulkEmbedName("bert")}/chunk`;
    const { rows } = await mr.jobs.list({ run: handle.id, name, limit: 200 });
    const ended = rows.filter(({ state }) => state === "completed").length;
    must(
      last === 400 && ended === rows.length && ended >= 20,
      `${last} items, ${ended}/${rows.length} batches`,
    );
    return `${last}/400 items, ${ended}/${rows.length} batches, ${looks} looks`;
  });
  await list.check("runs are listed, by state and by operation", async () => {
    const [ada, bert] = await Promise.all(
      ["ada", "bert"].map((model) =>
        mr.runs.list({ definition: bulkEmbedName(model), states: ["completed"] }),
      ),
    );
    must(ada?.rows.length === 1 && bert?.rows.length === 1, JSON.stringify([ada, bert]));
    return `${ada.rows.length} of ada, ${bert.rows.length} of bert`;
  });
  await list.check("each model has its queue: pausing one stops that alone", async () => {
    await mr.queues.pause(modelQueue("ada"));
    const held = await mr.start(embed.ada, { file: service.file(texts("held", 30)) });
    await (await mr.start(embed.bert, { file: service.file(texts("free", 30)) })).finished();
    const waits = await mr.stats();
    const queue = waits.queues.find((one) => one.queue === modelQueue("ada"));
    must(queue?.queued === 1 && (await held.row()).state !== "completed", JSON.stringify(queue));
    await mr.queues.resume(modelQueue("ada"));
    must((await held.finished()).state === "completed", told(await held.row()));
    return `bert went on while ${queue.queued} of ada waited`;
  });
}

async function items(list: Acceptance, service: Service): Promise<void> {
  const { mr, embed, insert, collections, server } = service;
  await list.check("an id that comes again: the last item wins, the others are reported", async () => {
    const again = [...texts("twice", 100), { id: "twice-3", text: "the last word" }];
    const handle = await mr.start(embed.ada, { file: service.file(again), collection: "twice" });
    const row = await handle.finished();
    const vector = Float32Array.from(vectorOf("the last word", server.dimensions));
    const [hit] = await collections.search("twice", { vector, limit: 1, mode: "vector" });
    must(hit?.id === "twice-3" && hit.text === "the last word", JSON.stringify(hit));
    must((await collections.count("twice")) === 100 && row.counters["items"]?.["filtered"] === 1, told(row));
    return `${told(row)}; ${hit.id} is "${hit.text}"`;
  });
  await list.check("a vector of other dimensions fails alone", async () => {
    const wrong = [
      { id: "good", embedding: vectorOf("good", 4) },
      { id: "wrong", embedding: vectorOf("wrong", 3) },
    ];
    const handle = await mr.start(insert, { file: service.file(wrong), collection: "made" });
    const row = await handle.finished();
    const failed = (await failedItems(handle)).map(({ key, reason }) => `${key}: ${reason}`);
    must(row.state === "partial" && failed.join() === "wrong: embedding-dimensions", failed.join());
    return `${told(row)}; ${failed.join()}`;
  });
  await list.check("errors are told by class and reason", async () => {
    const bad = [
      ...texts("classes", 20),
      { id: "refused", text: `${server.refuses} scan` },
      { id: "long", text: "word ".repeat(500) },
      "{ no json",
    ];
    const handle = await mr.start(embed.ada, { file: service.file(bad) });
    await handle.finished();
    server.mood = "broken";
    const other = await mr.start(embed.bert, { file: service.file(texts("key-gone", 5)) });
    await other.finished();
    server.mood = "well";
    const counts = new Map<string, number>();
    for (const item of [...(await failedItems(handle)), ...(await failedItems(other))]) {
      const kind = `${item.errorClass}/${item.reason}`;
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    const statistics = [...counts].map(([kind, count]) => `${kind} ${count}`).toSorted();
    must(statistics.join() === KINDS_OF_ERROR.join(), statistics.join());
    return statistics.join(", ");
  });
}

async function trouble(list: Acceptance, service: Service): Promise<void> {
  const { mr, embed, server } = service;
  await list.check("429 with Retry-After: nobody asks before that, no attempt is burnt", async () => {
    server.sendAway(RETRY_AFTER_S);
    const startedMs = Date.now();
    const handle = await mr.start(embed.bert, { file: service.file(texts("later", 60)) });
    const row = await handle.finished();
    const seconds = (Date.now() - startedMs) / 1_000;
    must(row.state === "completed" && !row.counters["items"]?.["retried"], told(row));
    must(server.tooSoon === 0 && seconds >= RETRY_AFTER_S, `${server.tooSoon} too soon, ${seconds} s`);
    return `${told(row)} after ${seconds.toFixed(1)} s, ${server.tooSoon} requests too soon`;
  });
  await list.check("what failed runs again alone, under the same id", async () => {
    const mixed = [...texts("again", 40), { id: "again-bad", text: `${server.refuses} at first` }];
    const handle = await mr.start(embed.ada, { file: service.file(mixed) });
    const before = await handle.finished();
    server.refuses = "(nothing)";
    const asked = server.requests;
    await handle.restart({ only: "failed", reason: "the model reads it now" });
    const after = await handle.finished();
    server.refuses = "(unreadable)";
    must(before.state === "partial" && after.state === "completed", `${told(before)}; ${told(after)}`);
    must(server.requests - asked === 1, `${server.requests - asked} requests`);
    return `${told(before)}; then ${told(after)} with ${server.requests - asked} request`;
  });
  await list.check("a cancel cuts the requests under way", async () => {
    server.mood = "silent";
    const handle = await mr.start(embed.ada, { file: service.file(texts("cut", 300)) });
    await until("requests under way", () => (server.inFlight >= 2 ? true : undefined));
    const cut = server.inFlight;
    await handle.cancel("wrong model");
    await until("no request", () => (server.inFlight === 0 ? true : undefined));
    const row = await handle.finished();
    server.mood = "well";
    must(row.state === "cancelled" && server.aborted >= cut, `${told(row)}, ${server.aborted} cut`);
    return `${told(row)}, ${server.aborted} requests cut`;
  });
  await list.check("a key that is refused fails the items, and they go in once it is right", async () => {
    server.mood = "broken";
    const handle = await mr.start(embed.bert, { file: service.file(texts("key", 30)) });
    const failed = await handle.finished();
    server.mood = "well";
    const classes = new Set((await failedItems(handle)).map(({ errorClass }) => errorClass));
    await handle.restart({ only: "failed" });
    const mended = await handle.finished();
    must(failed.counters["items"]?.["failed"] === 30 && mended.state === "completed", told(mended));
    return `30 failed as ${[...classes].join()}; then ${told(mended)}`;
  });
}

async function figures(list: Acceptance, service: Service): Promise<void> {
  const { mr, embed } = service;
  await list.check(`more than ${MUST_PER_MINUTE} items a minute`, async () => {
    const count = 3_000;
    const startedMs = Date.now();
    const row = await (await mr.start(embed.ada, { file: service.file(texts("fast", count)) })).finished();
    const perMinute = Math.round((count * 60_000) / (Date.now() - startedMs));
    must(row.counters["items"]?.["done"] === count && perMinute > MUST_PER_MINUTE, `${perMinute} a minute`);
    return `${perMinute.toLocaleString("en-US")} a minute`;
  });
  await list.check("average times, success and failures of each queue", async () => {
    const { queues } = await mr.stats();
    const told = ["ada", "bert"].map((model) => {
      const queue = queues.find((one) => one.queue === modelQueue(model));
      const { averageRunMs, averageWaitMs, successRate, lastHour } = queue ?? {};
      must(averageRunMs != null && averageWaitMs != null && successRate != null, JSON.stringify(queue));
      must(lastHour !== undefined && lastHour.completed > 0, JSON.stringify(lastHour));
      return `${model}: runs ${Math.round(averageRunMs)} ms, waits ${Math.round(averageWaitMs)} ms, success ${successRate}`;
    });
    return told.join("; ");
  });
  await list.check("success of each run is told by its counters", async () => {
    const { rows } = await mr.runs.list({ states: ["completed", "partial"] });
    const counts = rows.map(({ counters }) => counters["items"] ?? {});
    const sum = (name: string) => counts.reduce((all, one) => all + (one[name] ?? 0), 0);
    const [read, done, filtered, failed] = ["read", "done", "filtered", "failed"].map(sum);
    must(
      read === (done ?? 0) + (filtered ?? 0) + (failed ?? 0),
      JSON.stringify({ read, done, filtered, failed }),
    );
    must(failed === 9, `${failed} failed`);
    return `${rows.length} runs: ${done} of ${read} items are in, ${failed} failed`;
  });
}

function told({ state, counters }: Pick<RunRow, "state" | "counters">): string {
  const { done = 0, inserted = 0, updated = 0, filtered = 0, failed = 0 } = counters["items"] ?? {};
  const parts = [`${done} done`, `${inserted} new`, `${updated} updated`];
  return `${state} (${[...parts, ...(filtered ? [`${filtered} repeated`] : []), `${failed} failed`].join(", ")})`;
}

function refusalOf(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error("it was not refused");
}
