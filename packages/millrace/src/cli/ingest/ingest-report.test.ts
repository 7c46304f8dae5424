/** What the report says in words. */
import type { RunId } from "@millrace/core";
import { INGEST_STEP } from "@millrace/rag";
import { expect, test } from "vitest";
import { type IngestReport, interruptedLine, reportLines } from "./ingest-report.ts";

const REPORT: IngestReport = {
  documents: 40,
  unchanged: 3,
  ingested: 35,
  ignored: 2,
  failed: 2,
  pages: 4_751,
  passages: 10_924,
  failures: { "needs-ocr": 1, encrypted: 1 },
  seconds: 14,
  peakBytes: 816_487_424,
};
const RUN = { id: "01a202f4-dd2c-77df-9689-7e28e58a0803" as RunId, before: { counters: {} } };

test("a full report", () => {
  expect(reportLines(REPORT, RUN)).toEqual([
    "40 documents: 35 ingested, 3 unchanged, 2 failed; 2 files of other types ignored",
    "4,751 pages, 10,924 passages in 14.0 s (150 documents/min, 339 pages/s), peak memory 816 MB",
    "failed: needs-ocr 1, encrypted 1",
    "which ones: millrace batch items 01a202f4-dd2c-77df-9689-7e28e58a0803 --state failed",
  ]);
});

test("where nothing was read, it says so", () => {
  const unchanged = {
    ...REPORT,
    unchanged: 40,
    ingested: 0,
    failed: 0,
    pages: 0,
    failures: {},
    seconds: 1.23,
  };
  expect(reportLines(unchanged, RUN)).toEqual(["nothing new: all 40 documents are unchanged (1.2 s)"]);
  const oneFailed = { ...unchanged, unchanged: 39, failed: 1, failures: { encrypted: 1 } };
  expect(reportLines(oneFailed, RUN)).toEqual([
    "nothing new: 39 of 40 documents are unchanged, 1 failed (1.2 s)",
    "failed: encrypted 1",
    `which ones: millrace batch items ${RUN.id} --state failed`,
  ]);
});

test("documents that left the collection are told, also where nothing was read", () => {
  expect(reportLines({ ...REPORT, removed: 1 }, RUN)[0]).toBe(
    "40 documents: 35 ingested, 3 unchanged, 2 failed; 1 document of files that are gone removed; 2 files of other types ignored",
  );
  const only = { ...REPORT, documents: 3, ingested: 0, failed: 0, failures: {}, removed: 1_200, seconds: 1 };
  expect(reportLines(only, RUN)).toEqual([
    "nothing new: all 3 documents are unchanged; 1,200 documents of files that are gone removed (1.0 s)",
  ]);
});

test("where all that is new failed, there are no rates", () => {
  const failed = { ...REPORT, unchanged: 0, ingested: 0, documents: 2, pages: 0, passages: 0 };
  expect(reportLines(failed, RUN)[1]).toBe("nothing new in 14.0 s, peak memory 816 MB");
});

test("an empty folder", () => {
  const empty = {
    ...REPORT,
    documents: 0,
    unchanged: 0,
    ingested: 0,
    failed: 0,
    pages: 0,
    ignored: 0,
    failures: {},
  };
  expect(reportLines(empty, RUN)[0]).toBe("0 documents: 0 ingested, 0 unchanged, 0 failed");
});

test("a continued run is rated by this command's own work", () => {
  const before = { counters: { [INGEST_STEP]: { done: 21, pages: 4_051 } } };
  expect(reportLines(REPORT, { ...RUN, before })[1]).toContain(
    "(60 documents/min, 50 pages/s; 21 of the documents were in before)",
  );
});

test("an interrupted one says how far it was and how to go on", () => {
  const counters = { done: 6, filtered: 1, failed: 1, sealed: 1, read: 36 };
  expect(interruptedLine({ counters: { [INGEST_STEP]: counters } })).toBe(
    "interrupted: 8 of 36 documents are done and kept; run the same command again to go on",
  );
  expect(interruptedLine({ counters: {} })).toContain("0 documents are done");
});
