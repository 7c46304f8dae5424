/** What top shows, in which room. */
import type { Figures, QueueStats } from "@millrace/core";
import { describe, expect, test } from "vitest";
import type { TopSnapshot } from "./top-snapshot.ts";
import { topLines } from "./top-view.ts";

const OUTCOMES = {
  completed: 0,
  dead: 0,
  cancelled: 0,
  expired: 0,
  refused: 0,
  successRate: null,
  averageWaitMs: null,
  averageRunMs: null,
  failures: {},
};
const RECENT = { ...OUTCOMES, perMinute: 0 };
const FIGURES: Figures = {
  ...OUTCOMES,
  queued: 0,
  running: 0,
  waiting: 0,
  lastMinute: { ...RECENT, completed: 1_200, dead: 2.6, averageWaitMs: 12.4, averageRunMs: 8 },
  lastHour: { ...RECENT, failures: { timeout: 2, processing: 5 } },
};

function queue(name: string, queued: number, classes: readonly string[] = ["default"]): QueueStats {
  const priorities = Object.fromEntries(classes.map((each) => [each, FIGURES]));
  return { ...FIGURES, queue: name, queued, priorities };
}

function snapshot(...queues: readonly QueueStats[]): TopSnapshot {
  return { takenAtMs: 0, stats: { ...FIGURES, queues }, paused: new Set(["mail"]), dead: [] };
}

const WIDE = { columns: 200, rows: 100 };

describe("queues", () => {
  test("come with the busiest first, their classes below where there are several", () => {
    const lines = topLines(snapshot(queue("calm", 1), queue("mail", 9, ["high", "bulk"])), WIDE);
    expect(lines).toEqual([
      "0 queued · 0 running · 0 waiting · 1,200 done/min · 3 dead/min · 7 failed/h",
      "",
      "queue          queued  running  waiting  done/min  dead/min  failed/h   wait   run",
      "mail (paused)       9        0        0     1,200         3         7  12 ms  8 ms",
      "  high              0        0        0     1,200         3         7  12 ms  8 ms",
      "  bulk              0        0        0     1,200         3         7  12 ms  8 ms",
      "calm                1        0        0     1,200         3         7  12 ms  8 ms",
      "",
      "no dead letters",
    ]);
  });

  test("that do not fit are counted, and no line is longer than the terminal is wide", () => {
    const many = snapshot(...Array.from({ length: 30 }, (_, n) => queue(`q${n}`, 30 - n)));
    const lines = topLines(many, { columns: 20, rows: 10 });
    expect(lines).toHaveLength(10);
    expect(lines).toContain("… 26 more");
    expect(Math.max(...lines.map((line) => line.length))).toBe(20);
  });

  test("a terminal of no room gets no lines", () => {
    expect(topLines(snapshot(queue("a", 1)), { columns: 20, rows: 0 })).toEqual([]);
  });
});
