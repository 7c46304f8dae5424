import { expect, test } from "vitest";
import { decodeAttempts } from "./attempt.ts";

test("attempts are decoded oldest first, a rescue's own line too, what is not ours is left out", () => {
  const lines = [
    '1000 {"worker":"w","durationMs":5,"outcome":"retry"}',
    "garbage",
    "1500 null",
    "1600 {}",
    '1700 {"kind":"of a later version"}',
    '2000 {"kind":"crashed"}',
  ];
  expect(decodeAttempts(lines.join("\n"))).toMatchObject([
    { endedAtMs: 1_000, worker: "w", durationMs: 5, outcome: "retry" },
    { endedAtMs: 2_000, outcome: "dead", error: { class: "crashed", fingerprint: "crashed" } },
  ]);
  expect(decodeAttempts("")).toEqual([]);
});
