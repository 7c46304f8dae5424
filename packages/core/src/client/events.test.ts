import { describe, expect, test } from "vitest";
import { scene, unreachable } from "../testing/scene.fixture.ts";
import { defineJob } from "./define-job.ts";
import type { MillraceEvent } from "./event.ts";

const HOUR_MS = 60 * 60 * 1_000;

const double = defineJob({ name: "double", queue: "maths", run: (input: { n: number }) => input.n * 2 });

/** Follows until stopped, into a list. */
function following(events: AsyncIterable<MillraceEvent>): {
  readonly seen: MillraceEvent[];
  done: Promise<void>;
} {
  const seen: MillraceEvent[] = [];
  const follow = async () => {
    for await (const event of events) seen.push(event);
  };
  return { seen, done: follow() };
}

describe("mr.events", () => {
  test("tells what happened, with what names the job, and goes on as it happens", async () => {
    const { mr, time } = scene([double]);
    const at = new Date(time.now()).toISOString();
    const { id } = await mr.enqueue(double, { n: 1 }, { tenant: "acme" });
    const { seen } = following(mr.events());
    await time.settle();
    expect(seen.map(({ kind }) => kind)).toEqual(["enqueued"]);
    mr.worker();
    await time.advance(1_000);
    expect(seen.map(({ kind }) => kind)).toEqual(["enqueued", "claimed", "completed"]);
    expect(seen[0]).toMatchObject({ job: id, name: "double", queue: "maths", tenant: "acme", at });
    await mr.close();
  });

  test("goes on from any position", async () => {
    const { mr, time } = scene([double]);
    for (let n = 0; n < 3; n += 1) await mr.enqueue(double, { n });
    const first = following(mr.events());
    await time.settle();
    const rest = following(mr.events({ after: first.seen[0]?.position }));
    await time.settle();
    expect(rest.seen).toEqual(first.seen.slice(1));
    const none = following(mr.events({ after: "latest" }));
    await time.settle();
    expect(none.seen).toEqual([]);
    await mr.close();
  });

  test("reads many at once, and rests ever longer while nothing happens", async () => {
    const { mr, time, watch } = scene([double]);
    await mr.enqueueMany(
      double,
      Array.from({ length: 1_200 }, (_, n) => ({ n })),
    );
    const { seen } = following(mr.events());
    await time.settle();
    expect(seen).toHaveLength(1_200);
    expect(watch.calls.events).toHaveLength(4);
    await time.advance(60_000);
    expect(watch.calls.events.length).toBeLessThan(75);
    await mr.close();
  });

  test("hears of what a local worker settles long before the next poll, but not once for each", async () => {
    const { mr, time, watch } = scene([double]);
    mr.worker();
    const { seen } = following(mr.events());
    await time.advance(30_000);
    const before = watch.calls.events.length;
    for (let n = 0; n < 100; n += 1) void mr.enqueue(double, { n });
    await time.advance(60);
    expect(seen.filter(({ kind }) => kind === "completed")).toHaveLength(100);
    expect(watch.calls.events.length - before).toBeLessThan(10);
    await mr.close();
  });

  test("ends with its signal and with the client, and a loop that is left leaves nothing behind", async () => {
    const { mr, time } = scene([double]);
    await mr.enqueue(double, { n: 1 });
    const leaving = new AbortController();
    const stopped = following(mr.events({ signal: leaving.signal }));
    const closed = following(mr.events());
    for await (const event of mr.events()) {
      expect(event.kind).toBe("enqueued");
      break;
    }
    await time.advance(5_000);
    leaving.abort();
    await stopped.done;
    await mr.close();
    await closed.done;
    expect(time.pending).toBe(0);
  });

  test("waits out trouble that passes, and throws what does not", async () => {
    const { mr, time, watch, errors } = scene([double]);
    await mr.enqueue(double, { n: 1 });
    watch.before.events = unreachable;
    const { seen } = following(mr.events());
    await time.advance(100);
    expect(errors.map(([where]) => where)).toContain("events");
    watch.before = {};
    await time.advance(1_000);
    expect(seen).toHaveLength(1);
    await expect(following(mr.events({ after: "yesterday" })).done).rejects.toMatchObject({
      code: "bad-input",
    });
    await mr.close();
  });

  test("says when events are gone, and goes on with the oldest kept", async () => {
    const { mr, time, store } = scene([double]);
    await mr.enqueue(double, { n: 1 });
    const [first] = (await store.events({ limit: 1 })).events;
    await mr.enqueue(double, { n: 2 });
    await time.advance(25 * HOUR_MS);
    await mr.enqueue(double, { n: 3 });
    await store.fold({ limit: 10 });
    await store.fold({ limit: 10 });
    const { seen } = following(mr.events({ after: first?.position }));
    await time.settle();
    expect(seen.map(({ kind }) => kind)).toEqual(["reset", "enqueued"]);
    await mr.close();
  });
});

describe("mr.on", () => {
  test("hears what later calls bring about, and nothing from before", async () => {
    const { mr, time } = scene([double]);
    await mr.enqueue(double, { n: 0 });
    const heard: [string, unknown][] = [];
    mr.on("enqueued", ({ job, name }) => heard.push([job, name]));
    const { id } = await mr.enqueue(double, { n: 1 });
    await time.advance(100);
    expect(heard).toEqual([[id, "double"]]);
    await mr.close();
  });

  test("a later listener hears from when it came, without waiting for a poll", async () => {
    const { mr, time } = scene([double]);
    const heard: string[][] = [[], []];
    mr.on("*", ({ kind }) => heard[0]?.push(kind));
    await mr.enqueue(double, { n: 0 });
    await time.advance(10_000);
    mr.on("*", ({ kind }) => heard[1]?.push(kind));
    await mr.enqueue(double, { n: 1 });
    await time.advance(100);
    expect(heard).toEqual([["enqueued", "enqueued"], ["enqueued"]]);
    await mr.close();
  });

  test("by kind, until taken away", async () => {
    const { mr, time } = scene([double]);
    const completed: string[] = [];
    const off = mr.on("completed", (event) => completed.push(event.job));
    mr.worker();
    const first = await mr.enqueue(double, { n: 1 });
    await time.advance(1_000);
    expect(completed).toEqual([first.id]);
    off();
    off();
    await mr.enqueue(double, { n: 2 });
    await time.advance(1_000);
    expect(completed).toEqual([first.id]);
    await mr.close();
    expect(time.pending).toBe(0);
  });

  test("one that throws or rejects is reported, and neither it nor the others are cut off", async () => {
    const { mr, time, errors } = scene([double]);
    let heard = 0;
    mr.on("enqueued", () => {
      throw new Error("thrown");
    });
    mr.on("*", () => Promise.reject(new Error("rejected")));
    mr.on("enqueued", () => {
      heard += 1;
    });
    await mr.enqueue(double, { n: 1 });
    await mr.enqueue(double, { n: 2 });
    await time.advance(1_000);
    expect(heard).toBe(2);
    expect(errors.map(([where, error]) => [where, (error as Error).message])).toEqual([
      ["on", "thrown"],
      ["on", "thrown"],
      ["on", "rejected"],
      ["on", "rejected"],
    ]);
    await mr.close();
  });

  test("hears again after the store had trouble of any kind, and misses nothing", async () => {
    const { mr, time, watch, errors } = scene([double]);
    const heard: string[] = [];
    mr.on("enqueued", ({ job }) => heard.push(job));
    const first = await mr.enqueue(double, { n: 1 });
    await time.advance(1_000);
    watch.before.events = () => {
      throw new TypeError("broken");
    };
    await time.advance(1_000);
    const second = await mr.enqueue(double, { n: 2 });
    watch.before = {};
    await time.advance(10_000);
    expect(heard).toEqual([first.id, second.id]);
    expect(errors[0]).toMatchObject(["on", { message: "broken" }]);
    await mr.close();
  });

  test("calls are not held back for ever by a listener that cannot hear", async () => {
    const { mr, time, watch } = scene([double]);
    watch.before.events = unreachable;
    mr.on("enqueued", () => undefined);
    let isEnqueued = false;
    void mr.enqueue(double, { n: 1 }).then(() => {
      isEnqueued = true;
    });
    await time.advance(1_500);
    expect(isEnqueued).toBe(true);
    await mr.close();
  });

  test("refuses kinds that do not exist, and a closed client", async () => {
    const { mr } = scene([double]);
    expect(() => mr.on("finished" as "completed", () => undefined)).toThrow('on: kind is "finished"');
    await mr.close();
    expect(() => mr.on("completed", () => undefined)).toThrow("closed");
  });
});
