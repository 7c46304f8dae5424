/** The commands over batch runs as built, on PostgreSQL: this process's workers run what the commands start. */
import { join } from "node:path";
import { ClassedError, createMillrace, defineBatch, type Millrace } from "@millrace/core";
import { ndjsonReader } from "@millrace/core/items";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CommandPlace } from "./command-place.ts";
import { writeFiles } from "./millrace-command.ts";

interface ShownRun {
  readonly id: string;
  readonly state: string;
  readonly restarts: number;
  readonly submittedBy: string | null;
  readonly executions: readonly { readonly name: string; readonly state: string }[];
  readonly steps: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

let place: CommandPlace;
let mr: Millrace;
let isMended = false;
let goOn: () => void = () => undefined;
const held = new Promise<void>((resolve) => {
  goOn = resolve;
});

const count = defineBatch<{ upTo: number; shop: string }>({
  name: "count",
  queue: "counting",
  version: "7",
  identity: ["shop"],
})
  .step("numbers", {
    read: ({ params, cursor }) => numbersAfter(params.upTo, Number(cursor ?? 0)),
    cursor: String,
    key: String,
    process: (number) => {
      if (number === 3 && !isMended) throw new ClassedError("validation", "unlucky", "3 is refused");
      return number;
    },
    chunkSize: 5,
  })
  .step("sum", ({ steps }) => ({ written: steps.numbers.written }));
const waiting = defineBatch<{ shop: string }>({ name: "waiting", queue: "counting" }).step(
  "wait",
  async () => {
    await held;
  },
);
const lines = defineBatch<{ file: string }>({ name: "lines", queue: "counting" }).step("lines", {
  reader: ({ params }) => ndjsonReader<{ n: number }>(params.file),
  process: ({ n }) => n,
});

function* numbersAfter(upTo: number, from: number): Generator<number> {
  for (let number = from + 1; number <= upTo; number += 1) yield number;
}

beforeAll(async () => {
  place = new CommandPlace();
  mr = createMillrace({ store: place.store(), jobs: [count, waiting, lines] });
  mr.worker({ sweep: "200ms" });
  await mr.open();
});
afterAll(async () => {
  goOn();
  await mr.close();
  await place.remove();
});

const START = ["batch", "start", "count", "--queue", "counting", "--identity", "shop"] as const;

test("a run is started, watched, shown and listed; its items say which failed and why", async () => {
  const params = JSON.stringify({ upTo: 12, shop: "a" });
  const watched = await place.run(...START, params, "--watch", "--submitted-by", "ann", "-o", "json");
  expect(watched).toMatchObject({ code: 5 });
  const run = JSON.parse(watched.out) as ShownRun;
  expect(run).toMatchObject({ state: "partial", submittedBy: "ann", restarts: 0 });
  expect(run.executions).toMatchObject([
    { name: "numbers", state: "partial" },
    { name: "sum", state: "completed" },
  ]);
  const shown = await place.data<ShownRun>("batch", "show", run.id);
  expect(shown.steps["numbers"]).toMatchObject({ read: 12, done: 11, failed: 1 });
  const items = await place.data<{ key: string; reason: string }[]>(
    ...["batch", "items", run.id, "--state", "failed", "--step", "numbers"],
  );
  expect(items).toMatchObject([{ key: "3", reason: "unlucky", message: "3 is refused" }]);
  const listed = await place.data<{ id: string }[]>(
    "batch",
    "ls",
    "--definition",
    "count",
    "--state",
    "partial",
  );
  expect(listed.map(({ id }) => id)).toEqual([run.id]);
  const { out } = await place.run("batch", "show", run.id);
  expect(out).toMatch(/^step numbers: partial, by version 7, .*failed 1/m);
  expect(shown).toMatchObject({ version: null, executions: [{ version: "7" }, { version: "7" }] });
});

test("what failed is run again once it is mended", async () => {
  const [run] = await place.data<ShownRun[]>("batch", "ls", "--definition", "count");
  isMended = true;
  const restarted = await place.data<ShownRun>(
    "batch",
    "restart",
    run?.id ?? "",
    "--only-failed",
    "--reason",
    "mended",
  );
  expect(restarted).toMatchObject({ restarts: 1 });
  expect((await place.run("batch", "watch", run?.id ?? "")).code).toBe(0);
  const ended = await place.data<ShownRun>("batch", "show", run?.id ?? "");
  expect(ended).toMatchObject({ state: "completed" });
  expect(ended.steps["numbers"]).toMatchObject({ read: 12, done: 12 });
  const again = await place.run(...START, JSON.stringify({ upTo: 12, shop: "a" }));
  expect(again).toMatchObject({
    code: 9,
    out: run?.id,
    err: expect.stringContaining("--force starts another"),
  });
  expect(await place.run("batch", "restart", run?.id ?? "")).toMatchObject({ code: 9 });
});

test("a full queue refuses a new run; a program's run tells its version", async () => {
  await mr.queues.setCapacity("full", { total: 0 });
  expect(await place.run("batch", "start", "other", "--queue", "full")).toMatchObject({
    code: 9,
    err: expect.stringContaining('queue "full" has no room'),
  });
  const { id } = await mr.start(count, { upTo: 1, shop: "versions" });
  expect((await place.run("batch", "watch", id)).code).toBe(0);
  expect((await place.run("batch", "show", id)).out).toMatch(/^version +7$/m);
});

test("a run is paused, resumed and cancelled, the last only when somebody said so", async () => {
  const { id } = await place.data<{ id: string }>(
    "batch",
    "start",
    "waiting",
    '{"shop":"b"}',
    "--queue",
    "counting",
  );
  expect(await place.data("batch", "pause", id)).toMatchObject({ state: "paused" });
  expect(await place.data("batch", "resume", id)).toMatchObject({ state: "running" });
  expect(await place.run("batch", "cancel", id)).toMatchObject({
    code: 2,
    err: expect.stringContaining("--yes"),
  });
  expect(await place.run("batch", "cancel", id, "--yes", "--reason", "wrong shop")).toMatchObject({
    code: 0,
  });
  goOn();
  expect((await place.run("batch", "watch", id)).code).toBe(4);
  expect(await place.data("batch", "show", id)).toMatchObject({ state: "cancelled" });
});

test("the items of a file are submitted by its whole path", async () => {
  writeFiles(place.folder, { "items.ndjson": '{"n":1}\n{"n":2}\nnot JSON\n' });
  const submitted = await place.run(
    ...["batch", "submit", "lines", "items.ndjson", "--queue", "counting", "--watch", "-o", "json"],
  );
  expect(submitted).toMatchObject({ code: 5 });
  const run = JSON.parse(submitted.out) as ShownRun & { readonly params: unknown };
  expect(run.params).toEqual({ file: join(place.folder, "items.ndjson") });
  expect(run.steps["lines"]).toMatchObject({ read: 3, done: 2, failed: 1 });
});

test("finished runs are forgotten, by id when somebody said so, and by age; then their instances run again", async () => {
  const [run] = await place.data<ShownRun[]>("batch", "ls", "--definition", "count");
  const id = run?.id ?? "";
  expect(await place.run("batch", "rm", id)).toMatchObject({
    code: 2,
    err: expect.stringContaining("--yes"),
  });
  expect(await place.data("batch", "rm", id, "--yes", "--reason", "wrong shop")).toMatchObject({
    id,
    removed: 1,
  });
  expect(await place.run("batch", "rm", id, "--yes")).toMatchObject({ code: 3 });
  expect(await place.run("batch", "items", id)).toMatchObject({ code: 3 });
  const again = await place.run(...START, JSON.stringify({ upTo: 2, shop: "a" }), "--watch", "-o", "json");
  expect(again).toMatchObject({ code: 0 });
  expect((JSON.parse(again.out) as ShownRun).id).not.toBe(id);
  const cancelled = ["batch", "clean", "--older-than", "0ms", "--state", "cancelled"] as const;
  expect((await place.run(...cancelled, "--dry-run")).out).toContain("would forget 1 run");
  expect(await place.data(...cancelled, "--yes")).toMatchObject({ matched: 1, removed: 1 });
  expect(await place.run(...cancelled)).toMatchObject({ code: 0, out: "there are no such runs" });
  expect(await place.run("batch", "clean", "--older-than", "0ms", "--state", "running")).toMatchObject({
    code: 2,
  });
  const { out } = await place.run("audit", "ls", "--type", "run.removed");
  expect(out).toContain("wrong shop");
});

test("what means nothing is refused by name", async () => {
  expect(await place.run(...START, "[1]")).toMatchObject({
    code: 2,
    err: expect.stringContaining("JSON object"),
  });
  expect(await place.run(...START, '{"upTo":1}')).toMatchObject({
    code: 2,
    err: expect.stringContaining("shop"),
  });
  for (const verb of ["show", "watch", "items", "pause", "resume", "restart", "rm"]) {
    expect(await place.run("batch", verb, "nope")).toMatchObject({ code: 3, out: "" });
  }
});
