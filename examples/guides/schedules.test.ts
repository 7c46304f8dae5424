/** Owns the snippets of the guide to schedules: they are lines of the file, and the file does what the guide says. */
import { readFileSync } from "node:fs";
import type { Millrace } from "millrace";
import { testMillrace } from "millrace/testing";
import { expect, test } from "vitest";
import { backfill, operate, preview, report, setUp, sync } from "./schedules.ts";

function linesOf(path: string): readonly string[] {
  return readFileSync(new URL(path, import.meta.url), "utf8")
    .split("\n")
    .map((line) => line.trim());
}

/** A client on its own time, two days before clocks in Berlin are put forward. */
async function inMarch<T>(example: (mr: ReturnType<typeof client>) => Promise<T>): Promise<T> {
  const mr = client();
  try {
    return await example(mr);
  } finally {
    await mr.close();
  }
}

function client() {
  return testMillrace({ jobs: [report, sync], startAt: new Date("2026-03-27T12:00:00Z") });
}

test("the guide prints nothing that is not in the file", () => {
  const guide = linesOf("../../docs/guides/schedules.md").join("\n");
  const printed = [...guide.matchAll(/^```ts\n(.*?)^```$/gms)].flatMap(([, block = ""]) => block.split("\n"));
  const file = new Set(linesOf("schedules.ts"));
  expect(printed.length).toBeGreaterThan(20);
  expect(printed.filter((line) => !file.has(line))).toEqual([]);
});

test("jobs are made at their times, and setting up again changes nothing", async () => {
  await inMarch(async (mr) => {
    await setUp(mr as Millrace);
    await mr.advance("14h");
    await setUp(mr as Millrace);
    expect(await mr.counters(sync)).toMatchObject({ completed: 84 });
    const [made] = await mr.enqueued(report);
    expect(made?.result).toBe("ann@example.com: the day before 2026-03-28");
    expect(await mr.schedules.get("sync")).toMatchObject({ revision: 1 });
    await backfill(mr as Millrace);
    expect(await mr.schedules.get("daily-report")).toMatchObject({
      revision: 2,
      misfire: { kind: "backfill", max: 31 },
    });
  });
});

test("the hour that clocks leave out is fired an hour later, or not at all", async () => {
  expect(await inMarch((mr) => preview(mr as Millrace))).toEqual({
    run: ["2026-03-28T01:30:00.000Z", "2026-03-29T01:30:00.000Z", "2026-03-30T00:30:00.000Z"],
    skip: ["2026-03-28T01:30:00.000Z", "2026-03-30T00:30:00.000Z", "2026-03-31T00:30:00.000Z"],
  });
});

test("a schedule is fired by hand, as its overlap policy allows", async () => {
  await inMarch(async (mr) => {
    await setUp(mr as Millrace);
    const { fired, skipped, text } = await operate(mr as Millrace);
    const [job] = await mr.enqueued(sync);
    expect(fired).toEqual({ result: "fired", job: job?.id });
    expect(skipped).toEqual({ result: "skipped", reason: "overlap", job: job?.id });
    expect(text).toBe(`job ${job?.id} of an earlier fire had not ended`);
  });
});
