/** The limit commands as built, on PostgreSQL. */
import { userInfo } from "node:os";
import type { HoldRecord } from "@millrace/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CommandPlace } from "./command-place.ts";

const KEY = "model:ada";

let place: CommandPlace;
beforeAll(async () => {
  place = new CommandPlace();
  expect((await place.run("migrate")).code).toBe(0);
});
afterAll(() => place.remove());

function held(): Promise<readonly HoldRecord[]> {
  return place.data<readonly HoldRecord[]>("limits", "ls");
}

test("a limit is held, listed, and let go; each leaves a record of who did it and why", async () => {
  expect((await place.run("limits", "ls")).err).toContain("no limit is held");
  const words = ["limits", "hold", KEY, "--for", "1h", "--reason", "maintenance"];
  expect(await place.run(...words)).toMatchObject({
    code: 0,
    err: expect.stringMatching(/^held model:ada until \d{4}-.*; what runs goes on$/m),
  });
  const by = userInfo().username;
  expect(await held()).toMatchObject([{ key: KEY, reason: "maintenance", by }]);
  expect((await place.run("limits", "ls")).out).toMatch(
    /^model:ada +\d{4}-\S+ \S+ +\d+ s +\S+ +maintenance$/m,
  );
  const released = await place.run("limits", "release", KEY, "other", "--reason", "done");
  expect(released).toMatchObject({ code: 0, err: "released model:ada\nother was not held\n" });
  expect(await held()).toEqual([]);
  const records = await place.data<readonly object[]>("audit", "ls");
  expect(records).toMatchObject([
    { type: "limit.released", resourceId: KEY, reason: "done", actor: { kind: "user", id: by } },
    { type: "limit.held", resourceId: KEY, reason: "maintenance" },
    { type: "store.migrated" },
  ]);
});

test("a hold that is in force for longer stays, and that is said; --shorten ends it", async () => {
  await place.run("limits", "hold", KEY, "--for", "1h");
  const [before] = await held();
  expect((await place.run("limits", "hold", KEY, "--for", "1s")).err).toContain("already: give --shorten");
  expect((await held())[0]?.until).toBe(before?.until);
  await place.run("limits", "hold", KEY, "--for", "10m", "--shorten");
  expect((await held())[0]?.leftMs).toBeLessThanOrEqual(600_000);
});

test("explain says what a job waits for", async () => {
  const enqueued = await place.run("enqueue", "embed", "{}");
  const store = place.store();
  await store.open();
  await store.hold([{ key: KEY, forMs: 600_000, reason: "429 from the endpoint", shorten: true }]);
  const options = { worker: "w", lease: "00000000-0000-7000-8000-000000000001", leaseMs: 60_000 };
  const [job] = await store.claim([{ queue: "default", max: 1, names: ["embed"] }], {
    ...options,
    lease: options.lease as Parameters<typeof store.claim>[1]["lease"], // in the shape of an id
  });
  if (job === undefined) throw new Error("nothing was claimed");
  const outcome = { kind: "snoozed", delayMs: 600_000, note: { limit: KEY } } as const;
  await store.settle([{ id: job.id, token: job.token, write: 1, outcome, record: "{}" }]);
  await store.close();
  const { out } = await place.run("explain", enqueued.out.trim());
  expect(out).toMatch(/^ {2}limited +limit model:ada until \S+Z \(in \d+ \S+\): 429 from the endpoint$/m);
});

test("what is no duration, or no limit, is refused", async () => {
  expect(await place.run("limits", "hold", KEY)).toMatchObject({ code: 2 });
  expect(await place.run("limits", "hold", KEY, "--for", "soon")).toMatchObject({ code: 2 });
  expect(await place.run("limits", "hold", "k".repeat(201), "--for", "1s")).toMatchObject({
    code: 2,
    err: expect.stringContaining("1 to 200"),
  });
});
