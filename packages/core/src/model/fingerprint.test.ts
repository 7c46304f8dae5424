import { describe, expect, test } from "vitest";
import { fingerprintOf, maskMessage } from "./fingerprint.ts";

describe("masking", () => {
  test.each([
    ["order 4711 not found", "order 8 not found"],
    [
      "user 018f6f2e-7c1a-7d2b-9f00-0123456789ab is gone",
      "user 018f6f2e-7c1a-7d2b-9f00-ffffffffffff is gone",
    ],
    ["object 5f2b8c9d0e1f is locked", "object 00112233aabb is locked"],
    ["GET https://a.example/x?y=1 failed", "GET http://b.example:8080/z failed"],
    ["cannot open /var/lib/data/a.pdf", "cannot open /tmp/b.pdf"],
    ["cannot open C:\\data\\a.pdf", "cannot open D:\\other\\b.pdf"],
    ['no column "name"', 'no column "size of it"'],
    ["expired at 2026-01-02T03:04:05.678Z", "expired at 2025-12-31 23:59"],
    ["took 1.5 s", "took 22 s"],
  ])("%s = %s", (left, right) => {
    expect(maskMessage(left)).toBe(maskMessage(right));
  });

  test("keeps words, and words with apostrophes", () => {
    expect(maskMessage("can't read the user's file")).toBe("can't read the user's file");
    expect(maskMessage("deadbeef facade")).not.toBe(maskMessage("cafebabe facade"));
  });

  test("of a hostile message ends soon", () => {
    const before = process.cpuUsage(); // what others do on the machine meanwhile is none of it
    for (const text of ["/", "'", '"', "a/", "1:", "http://", "..", "~/", "0f"])
      maskMessage(text.repeat(100_000));
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(1_000);
  });
});

describe("a fingerprint", () => {
  const stack = (line: number, home: string) =>
    `Error: x\n    at run (${home}/jobs/mail.ts:${line}:3)\n    at node:internal/process:1:2\n    at async ${home}/a.ts:${line}:1`;

  test("is sixteen hex digits, equal for equal failures wherever they happen", () => {
    const one = fingerprintOf("processing", "order 1", stack(10, "/srv/app"));
    expect(one).toMatch(/^[0-9a-f]{16}$/);
    expect(fingerprintOf("processing", "order 22", stack(99, "/home/me/work"))).toBe(one);
  });

  test("tells class, message and place apart", () => {
    const all = [
      fingerprintOf("processing", "order 1", stack(1, "/a")),
      fingerprintOf("timeout", "order 1", stack(1, "/a")),
      fingerprintOf("processing", "payment 1", stack(1, "/a")),
      fingerprintOf("processing", "order 1", "Error: x\n    at other (/a/b.ts:1:1)"),
      fingerprintOf("processing", "order 1"),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  test("takes the frames of an error that says nothing", () => {
    const silent = (name: string) => `Error\n    at ${name} (/a/b.ts:1:1)`;
    const one = fingerprintOf("processing", "", silent("run"));
    expect(fingerprintOf("processing", "", silent("run"))).toBe(one);
    expect(fingerprintOf("processing", "", silent("walk"))).not.toBe(one);
  });
});
