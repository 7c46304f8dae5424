import { describe, expect, test } from "vitest";
import { fireTimes, lastFire, nextFires } from "./fire-times.ts";
import type { CronTiming, ScheduleTiming } from "./schedule.ts";
import { checkZone } from "./zone.ts";

function cron(
  cron: string,
  zone: string,
  dst: Partial<Pick<CronTiming, "gap" | "overlap">> = {},
): CronTiming {
  return { kind: "cron", cron, zone, gap: "run", overlap: "once", ...dst };
}

/** Instants in UTC, without what is zero at their end. */
function fires(timing: ScheduleTiming, after: string, count: number): readonly string[] {
  return nextFires(fireTimes(timing), Date.parse(after), count).map((ms) =>
    new Date(ms).toISOString().replace(/(:00)?\.000Z$/, "Z"),
  );
}

describe("clocks put forward", () => {
  // Berlin, 29 March 2026: 02:00 becomes 03:00 at 01:00Z.
  test("a time left out is fired as much later, or not", () => {
    const daily = (gap: "run" | "skip") =>
      fires(cron("30 2 * * *", "Europe/Berlin", { gap }), "2026-03-28T00:00Z", 3);
    expect(daily("run")).toEqual(["2026-03-28T01:30Z", "2026-03-29T01:30Z", "2026-03-30T00:30Z"]);
    expect(daily("skip")).toEqual(["2026-03-28T01:30Z", "2026-03-30T00:30Z", "2026-03-31T00:30Z"]);
  });

  test("the hour's first moment, and the first after it", () => {
    const of = (expression: string, gap: "run" | "skip") =>
      fires(cron(expression, "Europe/Berlin", { gap }), "2026-03-29T00:59:59Z", 2);
    expect(of("0 2 * * *", "run")).toEqual(["2026-03-29T01:00Z", "2026-03-30T00:00Z"]);
    expect(of("0 2 * * *", "skip")).toEqual(["2026-03-30T00:00Z", "2026-03-31T00:00Z"]);
    expect(of("0 3 * * *", "run")).toEqual(["2026-03-29T01:00Z", "2026-03-30T01:00Z"]);
    expect(of("0 3 * * *", "skip")).toEqual(["2026-03-29T01:00Z", "2026-03-30T01:00Z"]);
  });

  test("what fires all the time goes on, and nothing fires twice", () => {
    for (const gap of ["run", "skip"] as const) {
      expect(fires(cron("*/30 * * * *", "Europe/Berlin", { gap }), "2026-03-29T00:00Z", 4)).toEqual([
        "2026-03-29T00:30Z",
        "2026-03-29T01:00Z",
        "2026-03-29T01:30Z",
        "2026-03-29T02:00Z",
      ]);
    }
  });

  test("times left out and times that are there come in order", () => {
    expect(fires(cron("15,45 2 * * *", "Europe/Berlin"), "2026-03-29T00:00Z", 2)).toEqual([
      "2026-03-29T01:15Z",
      "2026-03-29T01:45Z",
    ]);
    expect(fires(cron("30 2,3 * * *", "Europe/Berlin"), "2026-03-29T00:00Z", 2)).toEqual([
      "2026-03-29T01:30Z",
      "2026-03-30T00:30Z",
    ]);
    expect(fires(cron("0,45 2,3 * * *", "Europe/Berlin"), "2026-03-29T00:30Z", 3)).toEqual([
      "2026-03-29T01:00Z",
      "2026-03-29T01:45Z",
      "2026-03-30T00:00Z",
    ]);
  });
});

describe("clocks put back", () => {
  // Berlin, 25 October 2026: 03:00 becomes 02:00 at 01:00Z.
  test("a time shown twice is fired the first time, or both", () => {
    const daily = (overlap: "once" | "twice") =>
      fires(cron("30 2 * * *", "Europe/Berlin", { overlap }), "2026-10-24T12:00Z", 3);
    expect(daily("once")).toEqual(["2026-10-25T00:30Z", "2026-10-26T01:30Z", "2026-10-27T01:30Z"]);
    expect(daily("twice")).toEqual(["2026-10-25T00:30Z", "2026-10-25T01:30Z", "2026-10-26T01:30Z"]);
  });

  test("the hour's edges", () => {
    const of = (expression: string, overlap: "once" | "twice") =>
      fires(cron(expression, "Europe/Berlin", { overlap }), "2026-10-24T23:59Z", 2);
    expect(of("0 2 * * *", "once")).toEqual(["2026-10-25T00:00Z", "2026-10-26T01:00Z"]);
    expect(of("0 2 * * *", "twice")).toEqual(["2026-10-25T00:00Z", "2026-10-25T01:00Z"]);
    expect(of("0 3 * * *", "twice")).toEqual(["2026-10-25T02:00Z", "2026-10-26T02:00Z"]);
  });

  test("what fires all the time pauses for the hour, or goes on", () => {
    const halves = (overlap: "once" | "twice") =>
      fires(cron("*/30 * * * *", "Europe/Berlin", { overlap }), "2026-10-25T00:29Z", 3);
    expect(halves("once")).toEqual(["2026-10-25T00:30Z", "2026-10-25T02:00Z", "2026-10-25T02:30Z"]);
    expect(halves("twice")).toEqual(["2026-10-25T00:30Z", "2026-10-25T01:00Z", "2026-10-25T01:30Z"]);
  });
});

describe("zones of their own kind", () => {
  test("Lord Howe's clocks move by half an hour", () => {
    // 4 October 2026, 02:00 +10:30 → 02:30 +11:00; 5 April 2026, 02:00 +11:00 → 01:30 +10:30.
    expect(fires(cron("15 2 * * *", "Australia/Lord_Howe"), "2026-10-03T12:00Z", 2)).toEqual([
      "2026-10-03T15:45Z",
      "2026-10-04T15:15Z",
    ]);
    expect(fires(cron("15 2 * * *", "Australia/Lord_Howe", { gap: "skip" }), "2026-10-03T12:00Z", 1)).toEqual(
      ["2026-10-04T15:15Z"],
    );
    expect(
      fires(cron("45 1 * * *", "Australia/Lord_Howe", { overlap: "twice" }), "2026-04-04T12:00Z", 2),
    ).toEqual(["2026-04-04T14:45Z", "2026-04-04T15:15Z"]);
  });

  test("Samoa left out the 30th of December 2011", () => {
    const daily = (gap: "run" | "skip", count: number) =>
      fires(cron("0 9 * * *", "Pacific/Apia", { gap }), "2011-12-28T20:00Z", count);
    const days = ["2011-12-29T19:00Z", "2011-12-30T19:00Z", "2011-12-31T19:00Z"];
    expect(daily("run", 3)).toEqual(days); // what the 30th would have fired is the 31st's
    expect(daily("skip", 3)).toEqual(days);
    const only = (gap: "run" | "skip") =>
      fires(cron("0 9 30 12 *", "Pacific/Apia", { gap }), "2011-06-01T00:00Z", 2);
    expect(only("run")).toEqual(["2011-12-30T19:00Z", "2012-12-29T19:00Z"]);
    expect(only("skip")).toEqual(["2012-12-29T19:00Z", "2013-12-29T19:00Z"]);
  });

  test("a day that begins at one o'clock, in Cairo", () => {
    // 24 April 2026: 00:00 becomes 01:00 at 22:00Z on the 23rd.
    expect(fires(cron("@daily", "Africa/Cairo"), "2026-04-22T23:00Z", 2)).toEqual([
      "2026-04-23T22:00Z",
      "2026-04-24T21:00Z",
    ]);
    expect(fires(cron("@daily", "Africa/Cairo", { gap: "skip" }), "2026-04-22T23:00Z", 1)).toEqual([
      "2026-04-24T21:00Z",
    ]);
  });

  test("offsets of quarters of an hour, and leap days there", () => {
    expect(fires(cron("0 0 29 2 *", "Asia/Kathmandu"), "2026-01-01T00:00Z", 2)).toEqual([
      "2028-02-28T18:15Z",
      "2032-02-28T18:15Z",
    ]);
    expect(fires(cron("30 12 * * *", "America/St_Johns"), "2026-01-01T00:00Z", 1)).toEqual([
      "2026-01-01T16:00Z",
    ]);
  });

  test("a name that is no zone is refused", () => {
    for (const zone of ["Mars/Olympus", "", 5]) {
      expect(() => checkZone("schedule.zone", zone)).toThrow(expect.objectContaining({ code: "bad-config" }));
    }
  });
});

/** Every instant of these months at which some wall clock shows the time, found by looking at each quarter of an hour. */
function byLooking(zone: string, wall: string, [from, until]: readonly [number, number]): readonly number[] {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" });
  const found: number[] = [];
  for (let at = from; at < until; at += 900_000) if (format.format(at) === wall) found.push(at);
  return found;
}

test.each([
  "America/New_York",
  "Europe/London",
  "Australia/Lord_Howe",
  "America/Santiago",
  "Africa/Casablanca",
])("fires whenever clocks in %s show the time", (zone) => {
  const year = [Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 1)] as const;
  for (const wall of ["00:30", "01:30", "02:15", "23:45"]) {
    const [hour, minute] = wall.split(":").map(Number);
    const times = fireTimes(cron(`${minute} ${hour} * * *`, zone, { gap: "skip", overlap: "twice" }));
    const expected = byLooking(zone, wall, year);
    expect(nextFires(times, year[0] - 1, expected.length)).toEqual(expected);
  }
});

describe("intervals", () => {
  const every = (everyMs: number, anchorMs = 0): ScheduleTiming => ({ kind: "interval", everyMs, anchorMs });

  test("are multiples from their anchor, before it and after it", () => {
    expect(fires(every(600_000), "2026-01-01T00:03Z", 2)).toEqual(["2026-01-01T00:10Z", "2026-01-01T00:20Z"]);
    const anchored = every(600_000, Date.parse("2026-01-01T00:03Z"));
    expect(fires(anchored, "2026-01-01T00:03Z", 1)).toEqual(["2026-01-01T00:13Z"]);
    expect(fires(anchored, "2025-12-31T23:50Z", 2)).toEqual(["2025-12-31T23:53Z", "2026-01-01T00:03Z"]);
  });
});

test("the last fire is found however long ago the first was, and however dense they are", () => {
  const last = (timing: ScheduleTiming, first: string, until: string) => {
    const times = fireTimes(timing);
    const [firstMs = Number.NaN] = nextFires(times, Date.parse(first) - 1, 1);
    return new Date(lastFire(times, firstMs, Date.parse(until))).toISOString();
  };
  expect(last(cron("* * * * * *", "UTC"), "2016-01-01T00:00Z", "2026-01-01T00:00:00.5Z")).toBe(
    "2026-01-01T00:00:00.000Z",
  );
  expect(last(cron("* * 3 * * *", "UTC"), "2016-01-01T00:00Z", "2026-01-01T00:00Z")).toBe(
    "2025-12-31T03:59:59.000Z",
  );
  expect(last(cron("0 0 29 2 *", "UTC"), "2016-01-01T00:00Z", "2026-01-01T00:00Z")).toBe(
    "2024-02-29T00:00:00.000Z",
  );
  expect(last(cron("0 0 * * *", "UTC"), "2026-01-01T00:00Z", "2026-01-01T00:00Z")).toBe(
    "2026-01-01T00:00:00.000Z",
  );
  expect(last(cron("0 0 * * *", "UTC"), "2026-01-01T00:00Z", "2026-01-01T23:59Z")).toBe(
    "2026-01-01T00:00:00.000Z",
  );
});
