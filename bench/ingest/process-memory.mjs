// Owns how much memory processes really take: proportional set size from /proc, sampled while they run.
import { readdirSync, readFileSync } from "node:fs";

const KB = 1024;
const EVERY_MS = 100;

/**
 * Samples the process `pid` and everything started below it until `stop()`, which returns the peaks in bytes:
 * `tree` is the largest sum of PSS, `root` the largest PSS of `pid` alone, `rootRss` its resident size,
 * and `series` every sum as `{seconds, bytes}`.
 */
export function watchMemory(pid) {
  const started = performance.now();
  const peaks = { tree: 0, root: 0, rootRss: 0, series: [] };
  const sample = () => {
    const sizes = treeOf(pid).map((member) => ({ member, ...sizeOf(member) }));
    const root = sizes.find(({ member }) => member === pid);
    const bytes = sizes.reduce((sum, { pss }) => sum + pss, 0);
    peaks.series.push({ seconds: (performance.now() - started) / 1000, bytes });
    peaks.tree = Math.max(peaks.tree, bytes);
    peaks.root = Math.max(peaks.root, root?.pss ?? 0);
    peaks.rootRss = Math.max(peaks.rootRss, root?.rss ?? 0);
  };
  sample();
  const timer = setInterval(sample, EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      return peaks;
    },
  };
}

/** `pid` and its descendants; what a descendant left behind still carries the session that `pid` leads. */
function treeOf(pid) {
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(readProcess);
  const members = new Set([pid]);
  for (let size = 0; size < members.size; ) {
    size = members.size;
    for (const { id, parent, session } of processes) {
      if (members.has(parent) || session === pid) members.add(id);
    }
  }
  return [...members];
}

/** Fields of `stat` after the command in brackets: state, parent, group, session. */
function readProcess(name) {
  const text = readOrEmpty(`/proc/${name}/stat`);
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { id: Number(name), parent: Number(fields[1]), session: Number(fields[3]) };
}

function sizeOf(pid) {
  const text = readOrEmpty(`/proc/${pid}/smaps_rollup`);
  const field = (name) => Number(text.match(new RegExp(`^${name}:\\s+(\\d+)`, "m"))?.[1] ?? 0) * KB;
  return { pss: field("Pss"), rss: field("Rss") };
}

/** A process may end between being listed and being read. */
function readOrEmpty(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
