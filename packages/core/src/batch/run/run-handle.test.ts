import { describe, expect, test } from "vitest";
import type { RunId } from "../../model/ids.ts";
import { newId } from "../../model/ids.ts";
import { gate, scene, unreachable } from "../../testing/scene.fixture.ts";
import { numbersBatch, STEP } from "../numbers.fixture.ts";
import type { RunProgress } from "./progress.ts";

async function gather(
  progress: AsyncIterable<RunProgress>,
  into: RunProgress[] = [],
): Promise<readonly RunProgress[]> {
  for await (const each of progress) into.push(each);
  return into;
}

describe("a started run", () => {
  test("is worked on by a worker of the client that lists its batch", async () => {
    const { batch, written } = numbersBatch();
    const of = scene([]);
    const { createMillrace } = await import("../../millrace.ts");
    const mr = createMillrace({ store: of.store, jobs: [batch], timing: of.time });
    const handle = await mr.start(batch, { upTo: 7 });
    mr.worker();
    const finished = handle.finished();
    await of.time.advance(2_000);
    expect(await finished).toMatchObject({ id: handle.id, state: "completed" });
    expect(written).toHaveLength(7);
    await mr.close();
  });

  test("tells its progress while it moves and ends with its last state", async () => {
    const { batch } = numbersBatch({
      retry: { maxAttempts: 1, initial: 0, multiplier: 1, max: 0, jitter: "none" },
    });
    const of = scene([batch]);
    const handle = await of.mr.start(batch, { upTo: 30 });
    const seen: RunProgress[] = [];
    const told = gather(handle.progress(), seen);
    await of.time.advance(500);
    expect(seen.at(-1)).toMatchObject({ state: "running", done: 0, counters: {} });
    expect(seen.at(-1)?.total).toBeUndefined();
    of.mr.worker();
    await of.time.advance(3_000);
    await told;
    expect(seen.at(-1)).toMatchObject({ state: "completed", done: 30, total: 30, failed: 0 });
    expect(seen.filter((each) => each.state === "completed")).toHaveLength(1);
  });

  test("is looked at ever less often while nothing happens, and at once when its coordinator ends here", async () => {
    const held = gate();
    const { batch } = numbersBatch({
      process: async (number) => {
        await held.promise;
        return number;
      },
    });
    const of = scene([batch]);
    const handle = await of.mr.start(batch, { upTo: 2 });
    of.mr.worker();
    const finished = handle.finished();
    await of.time.advance(30_000);
    const looks = of.watch.calls.findRuns.length;
    expect(looks).toBeLessThan(45);
    await of.time.advance(100);
    const startedAt = of.time.now();
    held.open();
    await of.time.advance(300);
    const { finishedAtMs } = await finished;
    expect((finishedAtMs ?? 0) - startedAt).toBeLessThan(300);
    expect(of.time.now() - startedAt).toBe(300);
  });

  test("is found again by its id, from any client", async () => {
    const { batch } = numbersBatch();
    const of = scene([]);
    const { id } = await of.mr.start(batch, { upTo: 3 });
    const view = of.mr.run(id);
    expect(await view.row()).toMatchObject({ id, definition: "count", state: "running" });
    const unknown = of.mr.run(newId<RunId>());
    await expect(unknown.row()).rejects.toMatchObject({ code: "not-found" });
    await expect(unknown.finished()).rejects.toMatchObject({ code: "not-found" });
  });

  test("is one run, though the answer to its start was lost", async () => {
    let lost = 0;
    const { batch } = numbersBatch();
    const of = scene([batch]);
    of.watch.after.startRun = () => {
      lost += 1;
      if (lost === 1) unreachable();
    };
    const starting = of.mr.start(batch, { upTo: 3 });
    await of.time.advance(1_000);
    expect(await starting).toMatchObject({ result: "started" });
    expect((await of.store.findRuns({}, { limit: 10 })).rows).toHaveLength(1);
    expect((await of.mr.start(batch, { upTo: 3 })).result).toBe("resumed");
  });
});

describe("following a run", () => {
  test("waits out a store that is away, and says so", async () => {
    const { batch } = numbersBatch();
    const of = scene([batch]);
    const handle = await of.mr.start(batch, { upTo: 3 });
    of.mr.worker();
    of.watch.before.findRuns = unreachable;
    const finished = handle.finished();
    await of.time.advance(5_000);
    expect(of.errors.some(([where]) => where === "progress")).toBe(true);
    of.watch.before.findRuns = () => undefined;
    await of.time.advance(60_000);
    expect(await finished).toMatchObject({ state: "completed", counters: { [STEP]: { done: 3 } } });
  });

  test("ends by time-out, signal or the client's end, and the run goes on", async () => {
    const { batch } = numbersBatch();
    const of = scene([batch]);
    const handle = await of.mr.start(batch, { upTo: 3 });
    const late = expect(handle.finished({ timeout: "3s" })).rejects.toMatchObject({
      code: "deadline-exceeded",
    });
    const stop = new AbortController();
    const stopped = expect(gather(handle.progress({ signal: stop.signal }))).rejects.toThrow("enough");
    const closed = expect(handle.finished()).rejects.toMatchObject({ code: "store-closed" });
    await of.time.advance(1_000);
    stop.abort(new Error("enough"));
    await stopped;
    await of.time.advance(3_000);
    await late;
    expect((await handle.row()).state).toBe("running");
    await of.mr.close();
    await closed;
    expect(of.time.pending).toBe(0);
  });

  test("may be left at any step without a trace", async () => {
    const { batch } = numbersBatch();
    const of = scene([batch]);
    const handle = await of.mr.start(batch, { upTo: 3 });
    for await (const progress of handle.progress()) {
      expect(progress.state).toBe("running");
      break;
    }
    expect(of.time.pending).toBe(0);
  });

  test("a run whose coordinator was given up does not wait for ever", async () => {
    const { batch } = numbersBatch();
    const of = scene([batch]);
    const handle = await of.mr.start(batch, { upTo: 3 });
    const names = ["count/run"];
    const lease = newId<never>();
    const [held] = await of.store.claim([{ queue: "counting", max: 1, names }], {
      worker: "w",
      lease,
      leaseMs: 10_000,
    });
    if (held === undefined) throw new Error("nothing to claim");
    const outcome = { kind: "dead", fingerprint: "f" } as const;
    await of.store.settle([{ id: held.id, token: held.token, write: 1, outcome, record: "{}" }]);
    const finished = handle.finished();
    await of.time.advance(10_000);
    expect(await finished).toMatchObject({ state: "failed" });
  });
});
