import { describe, expect, test } from "vitest";
import { cronOf } from "./cron.ts";

/** Wall times, as the expression names them from one on. */
function walls(expression: string, from: string, count: number): readonly string[] {
  const cron = cronOf("cron", expression);
  const found: string[] = [];
  for (let at = Date.parse(`${from}Z`); found.length < count; ) {
    const next = cron.next(at);
    if (next === undefined) break;
    found.push(new Date(next).toISOString().replace(/(:00)?\.000Z$/, ""));
    at = next + 1;
  }
  return found;
}

/** Expressions, a time to start at, and the times that follow: from crontab(5), POSIX and well-known calendars. */
const VECTORS: readonly (readonly [string, string, readonly string[]])[] = [
  ["* * * * *", "2026-01-01T00:00", ["2026-01-01T00:00", "2026-01-01T00:01", "2026-01-01T00:02"]],
  ["*/15 * * * *", "2026-01-01T00:01", ["2026-01-01T00:15", "2026-01-01T00:30", "2026-01-01T00:45"]],
  ["5 0 * * *", "2026-12-31T12:00", ["2027-01-01T00:05", "2027-01-02T00:05"]],
  ["15 14 1 * *", "2026-01-31T00:00", ["2026-02-01T14:15", "2026-03-01T14:15"]],
  ["0 22 * * 1-5", "2026-07-31T22:00", ["2026-07-31T22:00", "2026-08-03T22:00", "2026-08-04T22:00"]],
  ["23 0-20/2 * * *", "2026-01-01T19:00", ["2026-01-01T20:23", "2026-01-02T00:23", "2026-01-02T02:23"]],
  ["5 4 * * sun", "2026-01-01T00:00", ["2026-01-04T04:05", "2026-01-11T04:05"]],
  ["0 0 * * 7", "2026-01-01T00:00", ["2026-01-04T00:00", "2026-01-11T00:00"]],
  ["0 8 * jan,JUL mon", "2026-01-20T00:00", ["2026-01-26T08:00", "2026-07-06T08:00"]],
  // Either the day of the month or the day of the week: Fridays and the 13th.
  ["30 4 13 * 5", "2026-02-10T00:00", ["2026-02-13T04:30", "2026-02-20T04:30", "2026-02-27T04:30"]],
  [
    "30 4 1,15 * 5",
    "2026-01-01T00:00",
    ["2026-01-01T04:30", "2026-01-02T04:30", "2026-01-09T04:30", "2026-01-15T04:30"],
  ],
  // Days that not every month or year has.
  ["0 0 31 * *", "2026-01-01T00:00", ["2026-01-31T00:00", "2026-03-31T00:00", "2026-05-31T00:00"]],
  ["0 0 29 2 *", "2026-01-01T00:00", ["2028-02-29T00:00", "2032-02-29T00:00"]],
  ["0 0 29 2 *", "2096-03-01T00:00", ["2104-02-29T00:00"]],
  ["0 0 L 2 *", "2027-01-01T00:00", ["2027-02-28T00:00", "2028-02-29T00:00"]],
  ["0 9 * * FRI#L", "2026-01-01T00:00", ["2026-01-30T09:00", "2026-02-27T09:00"]],
  ["0 9 15W * *", "2026-02-01T00:00", ["2026-02-16T09:00", "2026-03-16T09:00", "2026-04-15T09:00"]],
  ["0 8-18/5 * * mon#1", "2026-01-01T00:00", ["2026-01-05T08:00", "2026-01-05T13:00", "2026-01-05T18:00"]],
  ["0 9 * * 1#1", "2026-01-01T00:00", ["2026-01-05T09:00", "2026-02-02T09:00"]],
  // Six fields begin with seconds.
  ["*/20 0 0 1 1 *", "2026-06-01T00:00", ["2027-01-01T00:00", "2027-01-01T00:00:20", "2027-01-01T00:00:40"]],
  ["@yearly", "2026-01-01T00:01", ["2027-01-01T00:00"]],
  ["@monthly", "2026-01-01T00:01", ["2026-02-01T00:00"]],
  ["@weekly", "2026-01-01T00:00", ["2026-01-04T00:00"]],
  ["@daily", "2026-01-01T00:01", ["2026-01-02T00:00"]],
  ["@hourly", "2026-01-01T00:01", ["2026-01-01T01:00"]],
];

test.each(VECTORS)("%s from %s", (expression, from, expected) => {
  expect(walls(expression, from, expected.length)).toEqual(expected);
});

describe("refuses, by name,", () => {
  test.each(["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 31 2 *"])("dates that never come: %s", (expression) => {
    expect(() => cronOf("cron", expression)).toThrow(
      expect.objectContaining({
        code: "bad-config",
        message: expect.stringMatching(/^cron is ".*": no such date/),
      }),
    );
  });

  test.each([
    ["", "day of the month"],
    ["* * * *", "day of the month"],
    ["* * * * * * *", "day of the month"],
    ["@reboot", "@daily"],
    ["? * * * *", "minute"],
    ["60 * * * *", "minute"],
    ["* 24 * * *", "hour"],
    ["* * 0 * *", "day"],
    ["* * 32 * *", "day"],
    ["* * * 13 *", "month"],
    ["* * * * 8", "dayOfWeek"],
    ["*/0 * * * *", "0"],
    ["5-1 * * * *", "5-1"],
    ["a * * * *", "a"],
  ])("%j", (expression, told) => {
    expect(() => cronOf("cron", expression)).toThrow(
      expect.objectContaining({ code: "bad-config", message: expect.stringContaining(told) }),
    );
  });

  test("what is no text", () => {
    expect(() => cronOf("cron", 5)).toThrow(expect.objectContaining({ code: "bad-config" }));
  });
});

test("says which expressions name every hour", () => {
  expect(cronOf("cron", "*/5 * * * *").isHourly).toBe(true);
  expect(cronOf("cron", "0 */5 * * * *").isHourly).toBe(true);
  expect(cronOf("cron", "@hourly").isHourly).toBe(true);
  expect(cronOf("cron", "0 */2 * * *").isHourly).toBe(false);
  expect(cronOf("cron", "@daily").isHourly).toBe(false);
});
