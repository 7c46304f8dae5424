/** What the progress line says, at which width. */
import type { RunRow } from "@millrace/core";
import { INGEST_STEP } from "@millrace/rag";
import { describe, expect, test } from "vitest";
import { barSigns } from "../bar.ts";
import { progressLine } from "../progress-display.ts";
import { IngestMeter, type IngestProgress, ingestWords } from "./ingest-progress.ts";

const SIGNS = { full: "#", empty: "-" };
const PROGRESS: IngestProgress = {
  documents: 12,
  totalDocuments: 36,
  pages: 1_520,
  totalPages: 4_752,
  pagesPerSecond: 310.4,
  eta: { lowMs: 8_000, highMs: 14_000 },
  failed: 1,
};

describe("the line", () => {
  test.each([
    [
      120,
      "#######-----------------  12/36 documents · 1,520/4,752 pages · 1 failed · 310 pages/s · 8–14 s left",
    ],
    [90, "####---------  12/36 documents · 1,520/4,752 pages · 1 failed · 310 pages/s · 8–14 s left"],
    [80, "12/36 documents · 1,520/4,752 pages · 1 failed · 310 pages/s · 8–14 s left"],
    [60, "###--------  12/36 documents · 1,520/4,752 pages · 1 failed"],
    [40, "12/36 documents · 1,520/4,752 pages"],
    [10, "12/36 doc"],
  ])("never fills %i columns", (columns, expected) => {
    const line = progressLine(ingestWords(PROGRESS), columns, SIGNS);
    expect(line.length).toBeLessThan(columns);
    expect(line).toBe(expected);
  });

  test("says only what is known", () => {
    const early = { documents: 0, pages: 0, pagesPerSecond: 0, failed: 0 };
    const unknown = { totalDocuments: undefined, totalPages: undefined, eta: undefined };
    expect(progressLine(ingestWords({ ...early, ...unknown }), 80, SIGNS)).toBe("0 documents · 0 pages");
  });

  test("gives minutes and hours where seconds would be many", () => {
    const eta = { lowMs: 300_000, highMs: 6_000_000 };
    expect(progressLine(ingestWords({ ...PROGRESS, eta }), 200, SIGNS)).toContain("5 min–2 h left");
  });

  test("uses blocks only where the locale has them", () => {
    expect(barSigns({ LANG: "en_GB.UTF-8" }).full).toBe("█");
    expect(barSigns({ LC_ALL: "C", LANG: "en_GB.UTF-8" }).full).toBe("#");
    expect(barSigns({ LANG: "C.utf8", TERM: "linux" }).full).toBe("#");
    expect(barSigns({}).full).toBe("#");
  });
});

describe("the meter", () => {
  test("counts pages read here before their document is in the ledger, and never more than there are", () => {
    const meter = new IngestMeter();
    expect(meter.see(run({ sealed: 1, read: 2, expectedPages: 100 }), 0).pages).toBe(0);
    meter.read(40);
    expect(meter.see(run({ sealed: 1, read: 2, expectedPages: 100 }), 100).pages).toBe(40);
    meter.read(200);
    const progress = meter.see(run({ sealed: 1, read: 2, expectedPages: 100, done: 1, pages: 30 }), 200);
    expect(progress).toMatchObject({ documents: 1, totalDocuments: 2, pages: 100, totalPages: 100 });
  });

  test("counts on from where an interrupted run stopped", () => {
    const meter = new IngestMeter();
    const before = { sealed: 1, read: 3, expectedPages: 100, done: 1, pages: 30, unchangedPages: 20 };
    meter.see(run(before), 0);
    meter.read(10);
    expect(meter.see(run(before), 100).pages).toBe(60);
  });

  test("knows no total before every folder was read", () => {
    const { totalDocuments, totalPages } = new IngestMeter().see(run({ read: 512, expectedPages: 900 }), 0);
    expect([totalDocuments, totalPages]).toEqual([undefined, undefined]);
  });
});

function run(counters: Readonly<Record<string, number>>): RunRow {
  return { state: "running", counters: { [INGEST_STEP]: counters } } as unknown as RunRow; // what the meter reads
}
