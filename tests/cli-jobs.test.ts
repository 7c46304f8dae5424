/** The commands over jobs, queues and figures as built, on PostgreSQL. */
import { createMillrace, defineJob, UnrecoverableError } from "@millrace/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CommandPlace } from "./command-place.ts";
import { millrace, writeFiles } from "./millrace-command.ts";

interface Listed {
  readonly id: string;
  readonly name: string;
  readonly queue: string;
  readonly state: string;
  readonly tags: readonly string[];
  readonly error: { readonly fingerprint: string } | null;
}

const good = defineJob({
  name: "good",
  queue: "work",
  run: async (input: { readonly n: number }, ctx) => {
    ctx.log.info(`looking at ${input.n}\u001b[31m`);
    ctx.log.warn("nearly done");
    return { doubled: input.n * 2 };
  },
});
const bad = defineJob({
  name: "bad",
  queue: "work",
  run: async () => {
    throw new UnrecoverableError("no such thing\nas this");
  },
});

/** Two jobs completed, two dead. */
async function workOff(): Promise<void> {
  const mr = createMillrace({ store: place.store(), jobs: [good, bad] });
  try {
    const jobs = [
      await mr.enqueue(good, { n: 1 }, { tags: ["red"], tenant: "acme" }),
      await mr.enqueue(good, { n: 2 }),
      await mr.enqueue(bad, {}, { tags: ["red"] }),
      await mr.enqueue(bad, {}),
    ];
    mr.worker();
    await Promise.allSettled(jobs.map((job) => job.result()));
  } finally {
    await mr.close();
  }
}

let place: CommandPlace;
beforeAll(async () => {
  place = new CommandPlace();
  await workOff();
});
afterAll(() => place.remove());

test("jobs in line are moved to another class, by what matches or by id", async () => {
  const own = new CommandPlace();
  const words = ["jobs", "reprioritise", "--queue", "shop", "--to"];
  try {
    const id = (await own.run("enqueue", "order", "1", "--queue", "shop")).out;
    await own.run("enqueue", "order", "2", "--queue", "shop", "--delay", "1h");
    expect((await own.run(...words, "high", "--dry-run")).out).toBe("would reprioritise 2 jobs");
    expect((await own.run(...words, "high", "--yes")).out).toBe("2 changed");
    expect(await own.data<readonly Listed[]>("jobs", "ls", "--priority", "high")).toHaveLength(2);
    const again = await own.run("jobs", "reprioritise", id, "nobody", "--to", "low", "--yes");
    expect(again).toMatchObject({ code: 3, err: "error: 1 not-found\n" });
    expect(again.out).toMatch(new RegExp(`^job +answer\n${id} +changed\nnobody +not-found$`));
    expect((await own.run("jobs", "cancel", "--queue", "shop", "--yes")).out).toBe("2 cancelled");
    expect((await own.run("jobs", "reprioritise", id, "--to", "high")).code).toBe(9);
    expect((await own.run(...words.slice(0, 4))).code).toBe(2);
    expect((await own.run(...words, "urgent")).code).toBe(2);
  } finally {
    await own.remove();
  }
});

test("what is enqueued is as configured; a capacity is not set by a command", async () => {
  const own = new CommandPlace();
  const configured = { MILLRACE_QUEUES_BRIEF_TTL: "1h", MILLRACE_QUEUES_BRIEF_CAPACITY: "5" };
  const environment = { ...own.environment, ...configured };
  const words = ["enqueue", "brief", "{}", "--queue", "brief"];
  expect(await millrace(words, { folder: own.folder, environment })).toMatchObject({ code: 0 });
  const [job] = await own.data<readonly { createdAt: string; expiresAt: string }[]>("jobs", "ls");
  expect(Date.parse(job?.expiresAt ?? "") - Date.parse(job?.createdAt ?? "")).toBe(3_600_000);
  const queues = await own.data<readonly { capacity: number | null }[]>("queues", "ls");
  expect(queues.filter(({ capacity }) => capacity != null)).toEqual([]);
  await own.remove();
});

describe("one store, from its first job to its end", () => {
  const list = (...words: readonly string[]) => place.data<readonly Listed[]>("jobs", "ls", ...words);
  const counts = async (...words: readonly string[]) => (await list("--limit", "200", ...words)).length;

  test("enqueue takes an argument, a file and a stream", async () => {
    const options = [
      "--queue",
      "idle",
      "--tag",
      "blue",
      "--tag",
      "new",
      "--delay",
      "1h",
      "--max-attempts",
      "7",
    ];
    const { code, out } = await place.run("enqueue", "mail", '{"to":"ann"}', ...options, "--tenant", "acme");
    expect(code).toBe(0);
    expect(await place.data("jobs", "show", out)).toMatchObject({
      name: "mail",
      queue: "idle",
      state: "scheduled",
      tags: ["blue", "new"],
      tenant: "acme",
      input: { to: "ann" },
      maxAttempts: 7,
    });
    writeFiles(place.folder, { "one.json": '{\n  "to": "bob"\n}\n', "many.ndjson": '{"k":1}\n\n{"k":2}' });
    const one = await place.run("enqueue", "mail", "--file", "one.json", "--queue", "idle", "-o", "json");
    expect(JSON.parse(one.out)).toMatchObject({ accepted: "created" });
    const keyed = ["--queue", "idle", "--key-field", "k"];
    expect((await place.run("enqueue", "mail", "--file", "many.ndjson", ...keyed)).out).toBe(
      "enqueued 2 jobs",
    );
    expect(await place.feed('{"k":2}\n{"k":3}\n', "enqueue", "mail", "-", ...keyed)).toMatchObject({
      code: 0,
      out: "enqueued 1 job, 1 duplicate",
    });
  });

  test("a key that is taken is exit 9", async () => {
    const { code, err } = await place.run("enqueue", "mail", "--queue", "idle", "--key", "3");
    expect(code).toBe(9);
    expect(err).toMatch(/^error: job \S+ holds the key "3"/);
    const words = ["--queue", "idle", "--key", "3", "--mode", "return", "-o", "json"];
    expect(JSON.parse((await place.run("enqueue", "mail", ...words)).out)).toMatchObject({
      accepted: "duplicate",
    });
  });

  test("lists narrow by every filter, and go on where a page ended", async () => {
    const [dead] = await list("--state", "dead");
    expect(await counts("--state", "dead,completed")).toBe(4);
    expect(await counts("--tag", "red")).toBe(2);
    expect(await counts("--tag", "red", "--tenant", "acme")).toBe(1);
    expect(await counts("--fingerprint", dead?.error?.fingerprint ?? "")).toBe(2);
    expect(await counts("--queue", "work", "--since", "1h", "--name", "bad")).toBe(2);
    expect(await counts("--since", "2040-01-01")).toBe(0);
    expect(await counts("--until", "1h")).toBe(0);
    const first = await place.run("jobs", "ls", "--queue", "work", "--limit", "3", "-o", "json");
    const ids = JSON.parse(first.out).map(({ id }: Listed) => id);
    expect(first.err).toBe(`there are more: --after ${ids[2]}\n`);
    const rest = await list("--queue", "work", "--after", ids[2]);
    expect(rest.map(({ name }) => name)).toEqual(["good"]);
  });

  test("a job is shown with its attempts, its log and what happened to it", async () => {
    const [dead] = await list("--state", "dead", "--tag", "red");
    const id = dead?.id ?? "";
    expect((await place.run("jobs", "show", id)).out).toContain(
      "error       processing: no such thing as this (fingerprint",
    );
    expect((await place.run("jobs", "history", id)).out).toMatch(
      /1 {8}1 {2}dead .*processing: no such thing as this$/m,
    );
    const [done] = await list("--state", "completed", "--tag", "red");
    const { out } = await place.run("jobs", "logs", done?.id ?? "");
    expect(out).toMatch(/info {3}looking at 1\n.*warn {3}nearly done$/);
    expect(await place.data("jobs", "logs", done?.id ?? "")).toMatchObject([
      { seq: 1 },
      { seq: 2, level: "warn" },
    ]);
    const told = await place.run("jobs", "tail", id, "--no-follow", "-o", "ndjson");
    const events = told.out.split("\n").map((line) => JSON.parse(line));
    expect(events.map((event) => event.kind)).toEqual(["enqueued", "claimed", "dead"]);
    const later = await place.run("jobs", "tail", id, "--no-follow", "--after", events[1].position);
    expect(later.out).toMatch(new RegExp(`^\\S+ \\S+ {2}dead {7}${id} {2}bad {2}work$`));
  });

  test("many are changed only after a count and a word, and the history keeps why", async () => {
    const words = ["jobs", "cancel", "--queue", "idle", "--state", "ready"];
    expect((await place.run(...words, "--dry-run")).out).toBe("would cancel 4 jobs");
    const unasked = await place.run(...words);
    expect(unasked).toMatchObject({ code: 2, out: "" });
    expect(unasked.err).toBe("error: cancel 4 jobs? Nobody can be asked here: add --yes to do it\n");
    const done = await place.data(
      "jobs",
      "cancel",
      "--queue",
      "idle",
      "--yes",
      "--reason",
      "wrong list",
      "--by",
      "ann",
    );
    expect(done).toEqual({ matched: 5, dryRun: false, interrupted: false, answers: { cancelled: 5 } });
    const [cancelled] = await list("--state", "cancelled", "--limit", "1");
    expect(cancelled?.error).toMatchObject({ message: "cancelled by ann: wrong list" });
    expect((await place.run(...words, "--yes")).out).toBe("there are no such jobs");
  });

  test("retry takes dead jobs unless it is told of others, delete spares them", async () => {
    expect((await place.run("jobs", "delete", "--queue", "work", "--yes")).out).toBe("2 deleted");
    expect((await place.run("jobs", "retry", "--queue", "work", "--yes")).out).toBe("2 replayed");
    expect(await counts("--queue", "work", "--state", "ready")).toBe(2);
  });

  test("jobs are changed by id, and each that was missed says why", async () => {
    const [ready] = await list("--queue", "work", "--state", "ready");
    const id = ready?.id ?? "";
    expect((await place.run("jobs", "delete", id)).code).toBe(9);
    const both = await place.run("jobs", "cancel", id, "nobody", "--yes");
    expect(both).toMatchObject({ code: 3, err: "error: 1 not-found\n" });
    expect(both.out).toMatch(new RegExp(`^job +answer\n${id} +cancelled\nnobody +not-found$`));
    expect((await place.run("jobs", "cancel", id)).code).toBe(9);
    expect((await place.run("jobs", "retry", id)).out).toContain("replayed");
  });

  test("queues are limited, stopped, looked into and emptied", async () => {
    await place.run("queues", "set", "idle", "--capacity", "3", "--class", "bulk=0");
    expect(await place.run("enqueue", "mail", "--queue", "idle", "--priority", "bulk")).toMatchObject({
      code: 9,
      err: 'error: queue "idle" has no room for a bulk job; try again later\n',
    });
    expect(await place.feed("1\n2\n3\n4\n", "enqueue", "mail", "-", "--queue", "idle")).toMatchObject({
      code: 9,
      out: "enqueued 3 jobs, 1 refused: the queue is full",
    });
    await place.run("queues", "set", "idle", "--capacity", "none", "--class", "bulk=none");
    const [idle] = await place.data<readonly object[]>("queues", "ls");
    expect(idle).toMatchObject({ queue: "idle", capacity: null, source: "operator" });
    const unset = await place.run("queues", "set", "idle", "--unset");
    expect(unset).toMatchObject({ code: 0, err: expect.stringContaining("capacities of idle stay until") });
    expect(await place.run("queues", "set", "idle", "--unset", "--capacity", "1")).toMatchObject({ code: 2 });
    expect((await place.data<readonly object[]>("queues", "ls"))[0]).toMatchObject({ source: null });
    await place.run("enqueue", "urgent", "--queue", "idle", "--priority", "critical");
    const next = await place.data<readonly Listed[]>("queues", "peek", "idle", "--limit", "2");
    expect(next.map(({ name }) => name)).toEqual(["urgent", "mail"]);
    const low = await place.data<readonly Listed[]>("queues", "peek", "idle", "--class", "default,bulk");
    expect(low.map(({ name }) => name)).toEqual(["mail", "mail", "mail"]);
    const paused = await place.run("queues", "pause", "idle", "mial");
    expect(paused.err).toBe(
      "paused idle; what runs goes on\nqueue mial has had no job yet\npaused mial; what runs goes on\n",
    );
    await place.run("queues", "resume", "mial");
    expect(await place.data("queues", "ls")).toMatchObject([
      { queue: "idle", paused: true, queued: 4, capacity: null, capacities: {} },
      { queue: "work", paused: false, queued: 2 },
    ]);
    expect((await place.run("queues", "clear", "idle", "--name", "mail", "--yes")).out).toBe("3 cancelled");
    expect((await place.run("queues", "peek", "idle")).out).toContain("urgent");
  });

  test("figures are data, and top looks once", async () => {
    const stats = await place.data<{ queues: readonly object[] }>("stats");
    expect(stats.queues).toMatchObject([
      { queue: "idle", queued: 1 },
      { queue: "work", completed: 2, dead: 2 },
    ]);
    expect((await place.run("stats")).out).toMatch(/^all +3 +0 +0 +2 +2 /m);
    const { out } = await place.run("top", "--once");
    expect(out).toMatch(/^3 queued · 0 running/);
    expect(out).toMatch(/^idle \(paused\) +1 +0/m);
    expect(out).toContain("no dead letters");
  });

  test("old jobs are forgotten", async () => {
    expect(await place.run("jobs", "clean", "--older-than", "1d", "--yes")).toMatchObject({
      code: 0,
      out: "there are no such jobs",
    });
    const cancelled = await counts("--state", "cancelled");
    expect((await place.run("jobs", "clean", "--older-than", "0s", "--dry-run")).out).toContain(
      `would forget ${cancelled} jobs`,
    );
    expect((await place.run("jobs", "clean", "--older-than", "0s", "--yes")).out).toBe(
      `forgot ${cancelled} jobs`,
    );
    expect(await counts("--state", "cancelled")).toBe(0);
  });
});
