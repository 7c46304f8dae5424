/** The commands over dead letters and operations as built: on a server with workers of others, and embedded alone. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import {
  type DeadGroupRecord,
  type JobRecord,
  type LeaseId,
  type NewJob,
  newId,
  type OperationRecord,
  type Store,
} from "@millrace/core";
import { createPgClient, createPgliteClient, sqlStore } from "@millrace/postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CommandPlace } from "./command-place.ts";
import { type CommandResult, millrace } from "./millrace-command.ts";

/** So many jobs that have just died of one error. */
async function die(store: Store, count: number, name = "send"): Promise<void> {
  const jobs = Array.from({ length: count }, (): NewJob => {
    const envelope = '0{"payload":{"to":"ann"}}';
    const plain = {
      queue: "mail",
      name,
      tenant: "",
      priority: "default",
      delayMs: 0,
      maxRescues: 3,
    } as const;
    return { ...plain, id: newId(), envelope };
  });
  await store.enqueue(jobs);
  const want = { queue: "mail", max: count, names: [name] };
  const held = await store.claim([want], { worker: "test", lease: newId<LeaseId>(), leaseMs: 60_000 });
  const fingerprint = `f-${name}`;
  const error = { class: "processing", name: "Error", message: `no route for ${name}`, fingerprint };
  const record = JSON.stringify({ worker: "test", durationMs: 1, outcome: "dead", error });
  await store.settle(
    held.map(({ id, token }) => ({ id, token, write: 1, outcome: { kind: "dead", fingerprint }, record })),
  );
}

describe("on a server", () => {
  let place: CommandPlace;
  let store: Store;
  beforeAll(async () => {
    place = new CommandPlace();
    store = sqlStore(createPgClient({ url: place.environment["MILLRACE_STORE"] ?? "" }), {
      schema: place.schema,
    });
    await store.open();
    await store.migrate();
  });
  beforeEach(async () => {
    const { rows } = await store.find({}, { limit: 1_000 });
    await store.cancel(rows.map(({ id }) => id));
    await store.delete(rows.map(({ id }) => id));
  });
  afterAll(async () => {
    await store.close();
    await place.remove();
  });

  const run = (...words: readonly string[]): Promise<CommandResult> => place.run(...words);
  async function data<T>(...words: readonly string[]): Promise<T> {
    const { code, out, err } = await run(...words, "-o", "json");
    expect({ words, code, err }).toMatchObject({ code: 0 });
    return JSON.parse(out) as T; // what the command prints
  }

  test("dead letters are listed, grouped and shown, and stay where they are", async () => {
    await die(store, 2);
    await die(store, 3, "index");
    const letters = await data<readonly JobRecord[]>("dead", "ls", "--name", "send");
    expect(letters.map(({ name, state }) => [name, state])).toEqual([
      ["send", "dead"],
      ["send", "dead"],
    ]);
    const groups = await data<readonly DeadGroupRecord[]>("dead", "groups");
    expect(groups.map(({ name, count, message }) => [name, count, message])).toEqual([
      ["index", 3, "no route for index"],
      ["send", 2, "no route for send"],
    ]);
    expect(await data("dead", "show", letters[0]?.id ?? "")).toEqual(letters[0]);
    expect((await run("dead", "groups")).out).toMatch(
      /f-index +index +mail +3 .* processing: no route for index/,
    );
    expect(await run("dead", "show", "nothing")).toMatchObject({ code: 3, out: "" });
  });

  test("a bulk command counts first, asks, and changes nothing where nobody answers", async () => {
    await die(store, 3);
    expect(await run("dead", "replay", "--all", "--dry-run")).toMatchObject({
      code: 0,
      out: "would replay 3 dead letters",
    });
    expect(await run("dead", "purge", "--name", "send")).toMatchObject({
      code: 2,
      err: expect.stringContaining("remove 3 dead letters? Nobody can be asked here: add --yes"),
    });
    expect(await run("dead", "replay", "--yes")).toMatchObject({
      code: 2,
      err: expect.stringContaining("--all"),
    });
    expect(await run("dead", "replay", "--all", "--yes", "--rate", "fast")).toMatchObject({ code: 2 });
    expect(await run("dead", "replay", "--all", "--yes", "--patch", "{")).toMatchObject({ code: 2 });
    expect(await run("dead", "replay", "--name", "other", "--yes")).toMatchObject({ code: 0, out: "" });
    expect((await store.operations({}, { limit: 10 })).rows).toEqual([]);
    expect((await store.find({ states: ["dead"] }, { limit: 10 })).rows).toHaveLength(3);
  });

  test("a replay is done by the command where nobody else does it, and shown afterwards", async () => {
    await die(store, 3);
    const words = ["dead", "replay", "--queue", "mail", "--yes", "--rate", "50/s", "--reason", "route is up"];
    const done = await data<OperationRecord>(...words);
    expect(done).toMatchObject({
      action: "retry",
      state: "completed",
      done: 3,
      total: 3,
      reason: "route is up",
    });
    const { rows } = await store.find({ states: ["ready"] }, { limit: 10 });
    expect(rows.map(({ generation }) => generation)).toEqual([2, 2, 2]);
    const [listed] = await data<readonly OperationRecord[]>("operations", "ls", "--state", "completed");
    expect(listed).toEqual(done);
    expect(await data("operations", "show", done.id)).toEqual(done);
    expect((await run("operations", "abort", done.id)).err).toContain("had ended already: completed");
  });

  test("one that is left to workers can be aborted", async () => {
    await die(store, 2);
    const started = await run("dead", "replay", "--all", "--yes", "--detach", "--patch", '{"to":"bob"}');
    expect(started).toMatchObject({ code: 0, out: "" });
    const [operation] = await data<readonly OperationRecord[]>("operations", "ls", "--state", "running");
    expect(operation).toMatchObject({ patch: { to: "bob" }, total: 2, done: 0 });
    expect(await run("operations", "abort", operation?.id ?? "", "--reason", "wrong name")).toMatchObject({
      code: 0,
    });
    const aborted = await data<OperationRecord>("operations", "show", operation?.id ?? "");
    expect(aborted).toMatchObject({
      state: "aborted",
      error: expect.stringMatching(/^aborted.*: wrong name$/),
    });
    const by = { actor: { kind: "user", id: userInfo().username } };
    expect(await data("audit", "ls", "--resource", operation?.id ?? "")).toMatchObject([
      { ...by, type: "operation.aborted", reason: "wrong name" },
      { ...by, type: "operation.started", details: { action: "retry", isPatched: true } },
    ]);
    expect(await run("operations", "show", newId())).toMatchObject({ code: 3 });
  });

  test("purge removes by id", async () => {
    await die(store, 2);
    const { rows } = await store.find({ states: ["dead"] }, { limit: 10 });
    const [first, second] = rows.map(({ id }) => id);
    expect((await run("dead", "purge", first ?? "", "--yes")).code).toBe(0);
    expect((await store.find({}, { limit: 10 })).rows.map(({ id }) => id)).toEqual([second]);
  });
});

test("an embedded store's operation is done by the command alone, but for what a canary leaves to the next worker", async () => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-cli-"));
  const place = { folder, environment: { MILLRACE_STORE: `file:${join(folder, "store")}` } };
  const opened = async (work: (store: Store) => Promise<void>) => {
    const store = sqlStore(createPgliteClient({ directory: join(folder, "store") }));
    await store.open();
    await store.migrate();
    try {
      await work(store);
    } finally {
      await store.close();
    }
  };
  try {
    await opened((store) => die(store, 4));
    const canary = await millrace(["dead", "replay", "--all", "--yes", "--canary", "1", "-o", "json"], place);
    expect(canary).toMatchObject({
      code: 0,
      err: expect.stringContaining("once a worker of this store has run"),
    });
    expect(JSON.parse(canary.out)).toMatchObject({ state: "canary", done: 1 });
    const words = ["dead", "replay", "--all", "--yes", "--patch", '{"to":"bob"}', "-o", "json"];
    const patched = await millrace(words, place);
    expect(JSON.parse(patched.out)).toMatchObject({ state: "completed", done: 3 });
    await opened(async (store) => {
      const { rows } = await store.find({ states: ["ready"] }, { limit: 10 });
      expect(rows.map(({ envelope }) => envelope).sort()).toEqual([
        '0{"payload":{"to":"ann"}}',
        ...Array(3).fill('0{"payload":{"to":"bob"}}'),
      ]);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
