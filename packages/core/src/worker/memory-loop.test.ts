import { expect, test } from "vitest";
import { MemoryWatch } from "../runtime/memory-watch.ts";
import { VirtualTime } from "../testing/virtual-time.ts";
import { memoryLoop } from "./memory-loop.ts";

test("a worker says once when memory becomes tight, full and ample again", async () => {
  const time = new VirtualTime();
  const said: string[] = [];
  let share = 0.5;
  const log = (level: string) => (message: string) => void said.push(`${level}: ${message}`);
  const loop = memoryLoop({
    memory: new MemoryWatch({ nowMs: () => time.now(), read: () => share }),
    timing: time,
    logger: { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") },
    onError: (error) => {
      throw error;
    },
  });
  loop.start();
  for (const next of [0.5, 0.84, 0.85, 0.96, 0.97, 0.6]) {
    share = next;
    await time.advance(1_000);
  }
  expect(said).toEqual([
    "warn: memory is 84 % used: fewer chunks start; lower chunk sizes or concurrency, or raise worker.memoryLimit",
    "warn: memory is 96 % used: no chunks start until it has fallen",
    "info: memory is 60 % used: chunks start as before",
  ]);
  expect(loop.health).toMatchObject([{ name: "memory", failures: 0 }]);
  await loop.stop();
});
