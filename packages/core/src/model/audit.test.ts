import { expect, test } from "vitest";
import { SYSTEM_ACTOR } from "./actor.ts";
import { type AuditRecord, auditText, CHAIN_START, chainHash, readAuditText } from "./audit.ts";
import { jobEntries } from "./audit-entry.ts";
import { canonicalJson } from "./canonical-json.ts";

/** The vectors that docs/reference/audit.md prints. */
const FIRST: AuditRecord = {
  at: 1_767_225_600_000,
  type: "queue.configured",
  actor: { kind: "user", id: "ann" },
  role: "operator",
  tenant: "",
  action: "configureQueue",
  resourceType: "queue",
  resourceId: "mail",
  details: {},
  before: { paused: false, capacity: null, capacities: {} },
  after: { paused: true, capacity: null, capacities: {} },
  reason: "SMTP is down\n",
};
const FIRST_TEXT =
  '{"action":"configureQueue","actor":{"id":"ann","kind":"user"},"after":{"capacities":{},"capacity":null,"paused":true},' +
  '"at":1767225600000,"before":{"capacities":{},"capacity":null,"paused":false},"details":{},' +
  '"reason":"SMTP is down\\n","resourceId":"mail","resourceType":"queue","role":"operator","tenant":"",' +
  '"type":"queue.configured"}';
const FIRST_HASH = "976f4da3cb443fe0dafd020cdafcff1bc5769e7b8e6cd7297090d43c8b62fe97";
const SECOND_TEXT =
  '{"action":"settle","actor":{"id":"millrace","kind":"system"},"after":null,"at":1767225600001,"before":null,' +
  '"details":{"cause":"failed","count":1,"ids":["0190a0e0-1000-7000-8000-000000000001"]},"reason":null,' +
  '"resourceId":"0190a0e0-1000-7000-8000-000000000001","resourceType":"job","role":null,"tenant":"",' +
  '"type":"job.dead"}';
const SECOND_HASH = "57a039a328cededc36babebca4db533611e466fef0672df44cb004feea45d676";

test("the first vector: text and hash", () => {
  expect(auditText(FIRST)).toBe(FIRST_TEXT);
  expect(chainHash(CHAIN_START, FIRST_TEXT)).toBe(FIRST_HASH);
});

test("the second vector: text, and the hash that chains it to the first", () => {
  const jobs = [{ id: "0190a0e0-1000-7000-8000-000000000001", tenant: "" }];
  const note = { actor: SYSTEM_ACTOR };
  const [entry] = jobEntries(note, {
    type: "job.dead",
    action: "settle",
    jobs,
    details: { cause: "failed" },
  });
  if (entry === undefined) throw new Error("no entry");
  expect(auditText({ ...entry, at: 1_767_225_600_001 })).toBe(SECOND_TEXT);
  expect(chainHash(FIRST_HASH, SECOND_TEXT)).toBe(SECOND_HASH);
});

test("the canonical form of RFC 8785: its own example of sorting, and numbers and strings as ECMAScript writes them", () => {
  const sorted = { "\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\u{1f600}": 5, "\u0080": 6, "\u00f6": 7 };
  expect(canonicalJson(sorted)).toBe(
    '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\u{1f600}":5,"\ufb33":3}',
  );
  expect(canonicalJson([333333333.3333333, 1e30, 4.5, 0.002, 1e-27, '\u0000\u000f\b"\\/\u20ac'])).toBe(
    '[333333333.3333333,1e+30,4.5,0.002,1e-27,"\\u0000\\u000f\\b\\"\\\\/€"]',
  );
  expect(canonicalJson({ b: [], a: { d: null, c: true } })).toBe('{"a":{"c":true,"d":null},"b":[]}');
});

test("only a canonical text of all twelve fields is read as a record", () => {
  expect(readAuditText(FIRST_TEXT)).toEqual(FIRST);
  for (const text of [
    ` ${FIRST_TEXT}`,
    FIRST_TEXT.replace(',"role":"operator"', ""),
    FIRST_TEXT.replace('"tenant":""', '"tenant":"","x":1'),
    FIRST_TEXT.replace('"id":"ann","kind":"user"', '"kind":"user","id":"ann"'),
    FIRST_TEXT.replace('"details":{}', '"details":{"a":1,"a":2}'),
    "null",
    "[]",
    "",
    "{",
  ]) {
    expect(readAuditText(text), text).toBeUndefined();
  }
});
