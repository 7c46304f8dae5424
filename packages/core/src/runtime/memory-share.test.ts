import { expect, test } from "vitest";
import { memoryShare } from "./memory-share.ts";

test("a test process uses some of its memory, and not all", () => {
  const share = memoryShare();
  expect(share).toBeGreaterThan(0);
  expect(share).toBeLessThan(1);
});
