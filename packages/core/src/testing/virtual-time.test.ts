/** That nothing real is left behind when time moves. */
import { pbkdf2 } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { VirtualTime } from "./virtual-time.ts";

/** More than Node has threads for files: what comes after them waits for them. */
const AHEAD = 8;

test("time stands still while files are read, however long the machine takes for it", async () => {
  const time = new VirtualTime();
  const startMs = time.now();
  const ahead = Array.from({ length: AHEAD }, () => promisify(pbkdf2)("a", "b", 20_000, 64, "sha512"));
  const readAtMs: number[] = [];
  const reading = (async () => {
    for (let files = 0; files < 3; files += 1) {
      await readFile(fileURLToPath(import.meta.url));
      readAtMs.push(time.now());
    }
  })();
  time.after(1, () => undefined);
  await time.advance(60_000);
  await Promise.all([reading, ...ahead]);
  expect(readAtMs).toEqual([startMs, startMs, startMs]);
});
