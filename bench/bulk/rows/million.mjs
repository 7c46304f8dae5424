// Owns the row of a million items: no-op chunks on the server, the run broken off near its end and restarted.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const PROGRAM = fileURLToPath(new URL("../million-run.mjs", import.meta.url));
const MOST_BYTES = 400_000_000;
const MOST_RESTART_MS = 2_000;

export const million = {
  key: "million",
  title: "1,000,000 items in no-op chunks of 100",
  unit: "items/s",
  says: `PostgreSQL, ledger \`failures\`, 800 chunks in work, reader, coordinator and worker in one process: from the start to the last item before the
reader breaks off, at 999,000. Then the run is restarted and ends with exact sums. A round fails where the process has held
more than 400 MB, or the first new item after the restart came later than 2 s.`,
  systems: [{ name: "PostgreSQL", bar: 250_000, measure }],
};

async function measure({ url }) {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, url], { maxBuffer: 1_000_000 });
  const { states, items, seconds, counters, restartMs, peakBytes, heap } = JSON.parse(stdout);
  const megabytes = heap.map((bytes) => Math.round(bytes / 1e6)).join(", ");
  console.log(
    `  peak ${Math.round(peakBytes / 1e6)} MB, restart ${Math.round(restartMs)} ms, heap at every 100,000: ${megabytes} MB`,
  );
  const isExact = counters.read === 1_000_000 && counters.done === 1_000_000;
  if (states.join() !== "failed,completed" || !isExact) throw new Error(stdout);
  if (peakBytes > MOST_BYTES || restartMs > MOST_RESTART_MS) throw new Error(`too much: ${stdout}`);
  return { items, seconds };
}
