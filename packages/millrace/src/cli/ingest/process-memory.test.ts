/** The measurement of a process tree, against a child of known size. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { watchMemory } from "./process-memory.ts";

const CHILD = `const held = Buffer.alloc(200e6, 1); process.stdout.write("ready"); setInterval(() => held, 1e6);`;

test("counts children, and remembers the peak after they are gone", async () => {
  const memory = watchMemory();
  const before = memory.peakBytes();
  expect(before).toBeGreaterThan(10e6);
  const child = spawn(process.execPath, ["-e", CHILD], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    await once(child.stdout, "data");
    expect(memory.peakBytes()).toBeGreaterThan(before + 150e6);
  } finally {
    child.kill("SIGKILL");
    await once(child, "close");
  }
  expect(memory.peakBytes()).toBeGreaterThan(before + 150e6);
  memory.stop();
});
