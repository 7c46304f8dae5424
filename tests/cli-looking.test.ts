/** Search and the looking commands as built, on what was ingested into PostgreSQL once. */
import { createMillrace } from "@millrace/core";
import { createPgClient, sqlStore } from "@millrace/postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CommandPlace } from "./command-place.ts";

let place: CommandPlace;
beforeAll(async () => {
  place = new CommandPlace();
  place.writeTwo();
  await place.run("ingest", "docs");
});
afterAll(() => place.remove());

describe("search", () => {
  test("gives rank, score, source, page, headings and a snippet", async () => {
    const { code, out } = await place.run("search", "docs", "what", "drives", "the", "wheel?", "-k", "1");
    expect(code).toBe(0);
    expect(out).toMatch(
      /^ 1\. 0\.\d{3} {2}docs\/mill\.md {2}p\. 1\n {4}Mill\n {4}.*drives the wheel of a mill/,
    );
    const hits = JSON.parse((await place.run("search", "docs", "salt in bread", "-o", "json")).out);
    expect(hits[0]).toMatchObject({ rank: 1, source: expect.stringMatching(/bread\.txt$/), pageStart: 1 });
  });

  test("a collection that is not there is exit 3, an empty question exit 2", async () => {
    expect(await place.run("search", "nope", "x")).toMatchObject({ code: 3, out: "" });
    expect(await place.run("search", "docs", " ")).toMatchObject({ code: 2, out: "" });
  });
});

describe("the looking commands", () => {
  test("doctor finds nothing wrong with a used store, and a missing one", async () => {
    const { code, out } = await place.run("doctor", "-o", "json");
    expect(code).toBe(0);
    const levels = JSON.parse(out).map(({ level }: { level: string }) => level);
    expect(levels).not.toContain("problem");
    expect((await place.run("doctor", "--store", "postgres://127.0.0.1:1/db")).code).toBe(1);
  });

  test("explain says how a job ended, to people and to programs; an unknown one is exit 3", async () => {
    const [job] = JSON.parse((await place.run("jobs", "ls", "-o", "json")).out);
    const { code, out } = await place.run("explain", job.id);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^job ${job.id} is completed since .*\\n {2}completed +it completed at `));
    const why = JSON.parse((await place.run("explain", job.id, "-o", "json")).out);
    expect(why).toMatchObject({
      id: job.id,
      state: "completed",
      reasons: [{ code: "completed", attempts: 1 }],
    });
    expect(await place.run("explain", "nobody")).toMatchObject({ code: 3, out: "" });
  });

  test("workers lists who is at work", async () => {
    expect(await place.run("workers")).toMatchObject({ code: 0, out: "", err: "no worker is at work\n" });
    const client = createPgClient({ url: process.env.MILLRACE_TEST_POSTGRES_URL });
    const mr = createMillrace({ store: sqlStore(client, { schema: place.schema }) });
    const worker = mr.worker({ name: "worker-1", queues: { mail: 3 } });
    while ((await mr.workers.list()).length === 0);
    const { out } = await place.run("workers");
    const [listed] = JSON.parse((await place.run("workers", "-o", "json")).out);
    await worker.stop();
    await mr.close();
    expect(out).toMatch(/^worker +host +process +version +busy .*\nworker-1 .* 0\/3 +taking jobs +mail /);
    expect(listed).toMatchObject({ name: "worker-1", pid: process.pid, queues: ["mail"], concurrency: 3 });
  });

  test("jobs and runs are shown in one shape, a run with what its steps came to", async () => {
    const [job] = JSON.parse((await place.run("jobs", "ls", "-o", "json")).out);
    expect(job).toMatchObject({ queue: "ingest", state: "completed", attempts: 1, error: null });
    expect(JSON.parse((await place.run("jobs", "show", job.id, "-o", "json")).out)).toEqual(job);
    const [batch] = JSON.parse((await place.run("batch", "ls", "-o", "json")).out);
    const { executions, ...shown } = JSON.parse(
      (await place.run("batch", "show", batch.id, "-o", "json")).out,
    );
    expect(shown).toEqual(batch);
    expect(executions.map(({ name }: { name: string }) => name)).toEqual(["clean-up", "documents"]);
    expect((await place.run("jobs", "show", batch.id)).code).toBe(3);
    const items = JSON.parse((await place.run("batch", "items", batch.id, "-o", "json")).out);
    expect(items).toHaveLength(2);
  });
});

test("a collection is removed only when somebody said so", async () => {
  expect((await place.run("collections", "rm", "docs", "--dry-run")).out).toContain("would remove");
  expect(await place.run("collections", "rm", "docs")).toMatchObject({
    code: 2,
    err: expect.stringContaining("--yes"),
  });
  expect((await place.run("collections", "rm", "docs", "--yes")).code).toBe(0);
  expect((await place.run("collections", "show", "docs")).code).toBe(3);
});
