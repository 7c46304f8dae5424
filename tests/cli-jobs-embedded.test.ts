/** The commands over jobs and queues as built, on an embedded store: what they do, and what they refuse there. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CommandPlace } from "./command-place.ts";

let place: CommandPlace;
beforeAll(() => {
  place = new CommandPlace("embedded");
});
afterAll(() => place.remove());

test("looking makes no store, and nothing is removed that is none", async () => {
  mkdirSync(join(place.folder, "photos"));
  for (const words of [
    ["jobs", "ls"],
    ["migrate", "--sql"],
    ["destroy", "--yes"],
  ]) {
    expect(await place.run(...words)).toMatchObject({ code: 3, out: "" });
  }
  expect((await place.run("destroy", "--yes", "--store", `file:${place.folder}/photos`)).code).toBe(3);
  expect(existsSync(join(place.folder, "photos"))).toBe(true);
  expect(existsSync(join(place.folder, "store"))).toBe(false);
});

test("a stream is enqueued up to the line that is no JSON, which is named", async () => {
  const lines = Array.from({ length: 1_000 }, (_, n) => `{"n":${n}}\n`).join("");
  const broken = await place.feed(`${lines}{"n":\n`, "enqueue", "count", "-", "--queue", "numbers");
  expect(broken).toMatchObject({
    code: 2,
    out: "",
    err: expect.stringMatching(/^error: line 1001 of stdin is not JSON: .* \(after 1000 jobs\)\n$/),
  });
});

test("an input that cannot be kept, or has no key, is named by its line", async () => {
  const deep = `${"[".repeat(70)}${"]".repeat(70)}`;
  expect((await place.feed(`1\n\n${deep}\n`, "enqueue", "count", "-")).err).toMatch(
    /^error: line 3 of stdin: input of job "count".* is nested deeper than 64 levels \(after 0 jobs\)\n$/,
  );
  expect((await place.feed('{"id":1}\n{"no":2}\n', "enqueue", "count", "-", "--key-field", "id")).err).toBe(
    'error: line 2 of stdin has no text or number "id" to be its key (after 0 jobs)\n',
  );
});

test("many are cancelled page by page, and their queue is seen empty", async () => {
  expect((await place.run("queues", "clear", "numbers", "--yes", "-o", "ndjson")).out).toBe(
    '{"matched":1000,"dryRun":false,"interrupted":false,"answers":{"cancelled":1000}}',
  );
  expect(await place.data("queues", "ls")).toMatchObject([{ queue: "numbers", queued: 0 }]);
});

test("what waits for other processes is refused in one line", async () => {
  const [job] = await place.data<readonly { readonly id: string }[]>("jobs", "ls", "--limit", "1");
  for (const words of [["top"], ["jobs", "tail"], ["jobs", "logs", job?.id ?? "", "--follow"]]) {
    expect(await place.run(...words)).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringMatching(
        /^error: .*an embedded store has one user at a time and that is this command\n$/,
      ),
    });
  }
});

test("a run that is started has nobody to work on it yet, and the command says so", async () => {
  expect(await place.run("batch", "start", "count", '{"upTo":1}')).toMatchObject({
    code: 0,
    err: expect.stringMatching(/^nothing works on the run yet: .* that runs "count" has the store\n$/),
  });
});

test("the store goes with its folder, unless that holds something else", async () => {
  writeFileSync(join(place.folder, "store", "notes.txt"), "mine");
  const removed = await place.run("destroy", "--yes");
  expect(removed.code).toBe(0);
  expect(removed.out).toMatch(/jobs +1 queued, 0 running/);
  expect(removed.err).toMatch(/^kept .*: it also holds notes.txt\nremoved the store at file:/);
  expect(existsSync(join(place.folder, "store", "notes.txt"))).toBe(true);
  expect(existsSync(join(place.folder, "store", "db"))).toBe(false);
});
