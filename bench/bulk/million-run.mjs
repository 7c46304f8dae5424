// Owns one measured run of a million items, in a process of its own so that its memory is its own:
// node million-run.mjs <postgres url>. Its reader breaks off near the end; the run is then restarted. Prints JSON.
import { readFileSync } from "node:fs";
import { createMillrace, defineBatch } from "../../packages/core/dist/index.js";
import { createPgClient, sqlStore } from "../../packages/postgres/dist/index.js";

const ITEMS = 1_000_000;
const BREAK = 999_000;
const SAMPLE_EVERY = 100_000;
const SCHEMA = "bench_million";

let isMended = false;
let restartedMs = 0;
let firstAgainMs;
const heap = [];

const batch = defineBatch({ name: "million" }).step("items", {
  read: ({ cursor }) => numbersAfter(Number(cursor ?? 0)),
  cursor: String,
  key: String,
  process: (number) => {
    if (isMended) firstAgainMs ??= performance.now() - restartedMs;
    return number;
  },
  chunkSize: 100,
  concurrency: 800,
  ledger: "failures",
});

function* numbersAfter(from) {
  for (let number = from + 1; number <= ITEMS; number += 1) {
    if (number > BREAK && !isMended) throw new Error("the source broke off");
    if (number % SAMPLE_EVERY === 0) heap.push(process.memoryUsage().heapUsed);
    yield number;
  }
}

const client = createPgClient({ url: process.argv[2] });
const mr = createMillrace({ store: sqlStore(client, { schema: SCHEMA }), jobs: [batch] });
try {
  await mr.open();
  mr.worker({ concurrency: 50 });
  const startedMs = performance.now();
  let counted = 0;
  let countedMs = 0;
  const run = await mr.start(batch, {});
  for await (const { done } of run.progress()) {
    if (done > counted) countedMs = performance.now() - startedMs; // the reader's retries come after the last item
    counted = done;
  }
  const broken = await run.row();
  isMended = true;
  restartedMs = performance.now();
  await run.restart({ reason: "the source is back" });
  const ended = await run.finished();
  console.log(
    JSON.stringify({
      states: [broken.state, ended.state],
      items: BREAK,
      seconds: countedMs / 1_000,
      counters: ended.counters.items,
      restartMs: firstAgainMs,
      peakBytes: peakBytes(),
      heap,
    }),
  );
} finally {
  await mr.close();
  const sweeper = createPgClient({ url: process.argv[2] });
  await sweeper.open();
  await sweeper.script(`drop schema if exists ${SCHEMA} cascade`);
  await sweeper.close();
}

/** The most memory the process has held, as Linux counts it. */
function peakBytes() {
  const [, kilobytes = "NaN"] = /VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return Number(kilobytes) * 1_024;
}
