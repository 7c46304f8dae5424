/** Memory of this process and all that it has started, looked at again and again: its parsers are processes, too. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const EVERY_MS = 200;
const run = promisify(execFile);

/** A watch that goes on until it is stopped. */
export interface TreeWatch {
  /** Most resident bytes of the tree at once. */
  stop(): Promise<number>;
}

/** Begins to watch. `ps` tells the same on Linux and macOS; what processes share is counted for each of them. */
export function watchTree(): TreeWatch {
  let isOver = false;
  const watching = (async () => {
    let peak = 0;
    do {
      peak = Math.max(peak, await treeBytes());
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    } while (!isOver);
    return peak;
  })();
  return {
    stop: () => {
      isOver = true;
      return watching;
    },
  };
}

async function treeBytes(): Promise<number> {
  const { stdout } = await run("ps", ["-A", "-o", "pid=,ppid=,rss="]);
  const rows = stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const inTree = new Set([process.pid]);
  let bytes = 0;
  // Children may stand before their parents: as often as a round finds more.
  for (let before = 0; before < inTree.size; ) {
    before = inTree.size;
    for (const [pid = 0, parent = 0] of rows) if (inTree.has(parent)) inTree.add(pid);
  }
  for (const [pid = 0, , kilobytes = 0] of rows) if (inTree.has(pid)) bytes += kilobytes * 1_024;
  return bytes;
}
