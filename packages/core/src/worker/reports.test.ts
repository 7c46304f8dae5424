import { expect, test } from "vitest";
import { LOG_LIMITS, type LogPart } from "../model/report.ts";
import { withReports } from "./reports.ts";

/** So many lines, from `first` on. */
function logOf(count: number, first: number, skipped = 0): LogPart {
  const lines = Array.from({ length: count }, (_, n) => ({
    level: "info" as const,
    line: `${first + n}`,
    ageMs: 0,
  }));
  return { skipped, lines };
}

test("log lines of a write's own follow those gathered before it", () => {
  const whole = withReports({ checkpoint: "c", log: logOf(2, 3) }, { progress: "p", log: logOf(2, 1, 7) });
  expect(whole).toEqual({ checkpoint: "c", progress: "p", log: logOf(4, 1, 7) });
});

test("where both are too many the oldest lines go, and are counted", () => {
  const { log } = withReports({ log: logOf(LOG_LIMITS.lines, 11, 2) }, { log: logOf(10, 1, 1) });
  expect(log).toEqual(logOf(LOG_LIMITS.lines, 11, 13));
});

test("a write without log lines has those gathered, and one with them its own", () => {
  expect(withReports({}, { log: logOf(1, 1) })).toEqual({ log: logOf(1, 1) });
  expect(withReports({ log: logOf(1, 2) }, {})).toEqual({ log: logOf(1, 2) });
});
