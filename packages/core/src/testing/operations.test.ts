import type { StandardSchemaV1 } from "@standard-schema/spec";
import { describe, expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import type { OperationRecord } from "../client/operation-record.ts";
import { type JobId, newId } from "../model/ids.ts";
import { scene, unreachable } from "./scene.fixture.ts";

interface Mail {
  readonly to: string;
  readonly works?: boolean;
}

/** Takes whatever has a text in `to`. */
const MAIL: StandardSchemaV1<Mail, Mail> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => {
      const { to } = (value ?? {}) as Partial<Mail>; // that is what is looked at
      return typeof to === "string" ? { value: value as Mail } : { issues: [{ message: "to is no text" }] };
    },
  },
};

const send = defineJob({
  name: "send",
  queue: "mail",
  retry: "none",
  input: MAIL,
  run: ({ works = false, to }) => {
    if (!works) throw new Error(`no route to ${to}`);
    return "sent";
  },
});

/** So many dead letters, their time a minute ago, and a worker that goes on. */
async function withDead(count: number, works = false) {
  const made = scene([send]);
  const { mr, time } = made;
  await mr.enqueueMany(
    send,
    Array.from({ length: count }, (_, n) => ({ to: `user ${n}` })),
  );
  mr.worker();
  await time.advance(2_000);
  expect(await mr.dead.count({})).toBe(count);
  await time.advance(60_000);
  return { ...made, works };
}

async function followed(steps: AsyncIterable<OperationRecord>): Promise<readonly OperationRecord[]> {
  const seen: OperationRecord[] = [];
  for await (const step of steps) seen.push(step);
  return seen;
}

describe("dead letters", () => {
  test("are listed, grouped, counted and looked at without being touched", async () => {
    const { mr } = await withDead(3);
    const { rows } = await mr.dead.list({ queue: "mail", limit: 2 });
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({ state: "dead", name: "send", maxAttempts: 1 });
    const [group, ...others] = (await mr.dead.groups()).rows;
    expect(others).toEqual([]);
    expect(group).toMatchObject({
      name: "send",
      queue: "mail",
      count: 3,
      errorClass: "processing",
      message: expect.stringMatching(/^no route to user \d$/),
    });
    expect(await mr.dead.get(group?.sample ?? "")).toMatchObject({
      state: "dead",
      input: { to: expect.any(String) },
    });
    expect(await mr.dead.depths()).toEqual([
      { queue: "mail", count: 3, oldestAt: group?.firstAt, oldestAgeMs: expect.any(Number) },
    ]);
    expect(await mr.dead.count({ fingerprint: group?.fingerprint })).toBe(3);
    expect(await mr.dead.count({ fingerprint: "other" })).toBe(0);
    await mr.close();
  });

  test("one of them is replayed or discarded by its id; what is no dead letter is not found", async () => {
    const { mr } = await withDead(2);
    const [one, two] = (await mr.dead.list()).rows;
    if (one === undefined || two === undefined) throw new Error("two have died");
    expect(await mr.dead.discard(one.id)).toBe("deleted");
    expect(await mr.dead.discard(one.id)).toBe("not-found");
    expect(await mr.dead.replay(two.id, { reason: "route is up" })).toBe("replayed");
    expect(await mr.dead.replay(newId<JobId>())).toBe("not-found");
    expect(await mr.dead.get("no id")).toBeUndefined();
    await mr.close();
  });

  test("a filter of anything but dead letters is refused, and so is a bad option", async () => {
    const { mr } = scene([send]);
    const bad: readonly (() => Promise<unknown>)[] = [
      () => mr.dead.replay({ states: ["completed"] } as object),
      () => mr.dead.replay({}, { rate: "fast" as "1/s" }),
      () => mr.dead.list({ limit: 201 }),
      () => mr.dead.groups({ state: "dead" } as object),
      () => mr.operations.start({ action: "explode" as "retry", filter: {} }),
      () => mr.operations.list({ limit: 0 }),
    ];
    for (const call of bad) await expect(call()).rejects.toMatchObject({ code: "bad-config" });
    await expect(
      mr.operations.count({ action: "cancel", filter: { states: ["dead"] } }),
    ).rejects.toMatchObject({
      code: "bad-usage",
    });
    await mr.close();
  });
});

describe("a replay by filter", () => {
  test("goes at its rate, and its progress ends with it", async () => {
    const { mr, time } = await withDead(5);
    const total = await mr.dead.count({});
    const replay = await mr.dead.replay({ name: "send" }, { rate: "2/s", reason: "fixed", by: "ann", total });
    const following = followed(replay.progress());
    await time.advance(1_000);
    expect(await replay.record()).toMatchObject({
      state: "running",
      done: 2,
      total: 5,
      reason: "fixed",
      by: "ann",
    });
    await time.advance(3_000);
    const seen = await following;
    expect([...new Set(seen.map(({ done }) => done))]).toEqual([0, 2, 4, 5]);
    expect(seen.at(-1)).toMatchObject({
      state: "completed",
      done: 5,
      failed: 0,
      finishedAt: expect.any(String),
    });
    expect((await mr.jobs.list({ states: ["dead"] })).rows.every(({ generation }) => generation === 2)).toBe(
      true,
    );
    await mr.close();
  });

  test("patches inputs; one that its definition does not take then stays, and is said why", async () => {
    const { mr, time, store } = await withDead(2);
    const unreadable = { queue: "mail", name: "send", tenant: "", priority: "default", delayMs: 0 } as const;
    await store.enqueue([{ ...unreadable, id: newId<JobId>(), maxRescues: 0, envelope: "9sealed" }]);
    await time.advance(2_000);
    const done = await mr.dead.replay({}, { patch: { works: true } });
    const bad = await mr.dead.replay({}, { patch: { to: null } });
    await time.advance(2_000);
    expect(await done.finished()).toMatchObject({
      state: "completed",
      done: 2,
      failed: 1,
      problems: [{ message: expect.stringContaining('codec "9"') }],
    });
    expect(await bad.finished()).toMatchObject({ state: "completed", done: 0, failed: 1 });
    const { rows } = await mr.jobs.list({ states: ["completed"] });
    expect(rows.map(({ input }) => input)).toEqual([
      { to: "user 1", works: true },
      { to: "user 0", works: true },
    ]);
    expect(await mr.dead.count({})).toBe(1);
    await mr.close();
  });

  test("a schema that throws anything at all while it looks at a patched input has refused it", async () => {
    const input: StandardSchemaV1<Mail, Mail> = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: (value) => {
          const mail = value as Mail; // what this test enqueues, and what it is patched to
          if (mail.to === "patched") throw "no schema today\0";
          return { value: mail };
        },
      },
    };
    const refuse = () => {
      throw new Error("no route");
    };
    const odd = defineJob({ name: "odd", retry: "none", input, run: refuse });
    const { mr, time } = scene([odd]);
    mr.worker();
    await mr.enqueue(odd, { to: "ann" });
    await time.advance(2_000);
    const replay = await mr.dead.replay({}, { patch: { to: "patched" } });
    await time.advance(2_000);
    expect(await replay.finished()).toMatchObject({ failed: 1, problems: [{ message: "no schema today" }] });
    await mr.close();
  });

  test("a patch that the schema refuses touches nothing", async () => {
    const { mr, time } = await withDead(2);
    const before = (await mr.dead.list()).rows;
    const replay = await mr.dead.replay({}, { patch: { to: 5 } });
    await time.advance(2_000);
    expect(await replay.finished()).toMatchObject({
      done: 0,
      failed: 2,
      problems: [{ message: 'input of job "send": to is no text' }, { message: expect.any(String) }],
    });
    expect((await mr.dead.list()).rows).toEqual(before);
    await mr.close();
  });

  test("a canary whose jobs die again stops it", async () => {
    const { mr, time } = await withDead(4);
    const replay = await mr.dead.replay({}, { canary: 2 });
    await time.advance(5_000);
    expect(await replay.finished()).toMatchObject({
      state: "failed",
      done: 2,
      error: "of the canary's 2 jobs 0 completed; 2 had to",
    });
    await mr.close();
  });

  test("a canary whose jobs complete lets the rest follow", async () => {
    const { mr, time } = await withDead(4);
    const canary = { jobs: 2, minCompleted: 50 };
    const replay = await mr.dead.replay({}, { canary, patch: { works: true } });
    await time.advance(5_000);
    expect(await replay.finished()).toMatchObject({ state: "completed", done: 4 });
    await time.advance(1_000);
    expect(await mr.dead.count({})).toBe(0);
    await mr.close();
  });

  test("is aborted between two pages", async () => {
    const { mr, time } = await withDead(4);
    const replay = await mr.dead.replay({}, { rate: "1/s" });
    await time.advance(1_000);
    expect(await mr.operations.abort(replay.id, { reason: "wrong one" })).toBe("aborted");
    await time.advance(5_000);
    expect(await replay.finished()).toMatchObject({ state: "aborted", error: "aborted: wrong one" });
    expect((await replay.record()).done).toBeLessThan(4);
    expect(await replay.abort()).toBe("already-finished");
    expect(await mr.operations.abort("no id")).toBe("not-found");
    await mr.close();
  });

  test("a start whose answer was lost is sent again under the same id", async () => {
    const { mr, time, watch } = await withDead(1);
    watch.after.startOperation = () => {
      watch.after.startOperation = () => undefined;
      unreachable();
    };
    const starting = mr.dead.replay({});
    await time.advance(2_000);
    const replay = await starting;
    expect((await mr.operations.list()).rows.map(({ id }) => id)).toEqual([replay.id]);
    expect(await replay.finished()).toMatchObject({ done: 1, skipped: 0 });
    await mr.close();
  });

  test("a page whose answer was lost is neither repeated nor left out", async () => {
    const { mr, time, watch } = await withDead(3);
    watch.after.advanceOperation = () => {
      watch.after.advanceOperation = () => undefined;
      unreachable();
    };
    const replay = await mr.dead.replay({}, { rate: "2/s" });
    await time.advance(40_000);
    expect(await replay.finished()).toMatchObject({ state: "completed", done: 3, skipped: 0 });
    expect((await mr.jobs.list({ states: ["dead"] })).rows.map(({ generation }) => generation)).toEqual([
      2, 2, 2,
    ]);
    await mr.close();
  });

  test("whoever follows is told that the client was closed, or why they stopped", async () => {
    const { mr, time } = scene([send]);
    const replay = await mr.dead.replay({});
    const stopped = followed(replay.progress({ signal: AbortSignal.abort(new Error("enough")) }));
    await expect(stopped).rejects.toThrow("enough");
    const closed = expect(replay.finished()).rejects.toMatchObject({ code: "store-closed" });
    await time.advance(100);
    await mr.close();
    await closed;
    await time.settle();
  });
});

describe("other operations", () => {
  test("cancel what is live, and delete what has finished", async () => {
    const { mr, time } = scene([send]);
    await mr.enqueueMany(send, [{ to: "a" }, { to: "b" }], { delay: "1h" });
    expect(await mr.operations.count({ action: "cancel", filter: { queue: "mail" } })).toBe(2);
    const cancel = await mr.operations.start({
      action: "cancel",
      filter: { queue: "mail" },
      reason: "wrong list",
    });
    mr.worker();
    await time.advance(2_000);
    expect(await cancel.finished()).toMatchObject({ state: "completed", done: 2 });
    const filter = { states: ["cancelled"] } as const;
    const forget = await mr.operations.start({ action: "delete", filter });
    await time.advance(2_000);
    expect(await forget.finished()).toMatchObject({ done: 2 });
    expect((await mr.jobs.list()).rows).toEqual([]);
    expect((await mr.operations.list({ limit: 1 })).rows.map(({ id }) => id)).toEqual([forget.id]);
    expect(await mr.operations.get(cancel.id)).toMatchObject({ action: "cancel", reason: "wrong list" });
    expect(await mr.operations.get("no id")).toBeUndefined();
    await mr.close();
  });
});
