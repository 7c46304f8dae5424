/** Measures what this process and all its descendants hold in memory together, and remembers the most. */
import { readdirSync, readFileSync } from "node:fs";

/** Often enough for a peak of seconds. */
const SAMPLE_EVERY_MS = 500;
const BYTES_PER_KILOBYTE = 1_024;

/** A running measurement. */
export interface MemoryWatch {
  /** Most bytes seen so far. */
  peakBytes(): number;
  stop(): void;
}

/**
 * Samples twice a second. What the processes have for themselves is added up; of the files they have mapped (programs
 * and libraries, which they share) the most that one of them has counts once. That comes close to the sum of PSS, for
 * which the kernel would walk all pages. Where there is no /proc: the resident set of this process alone.
 */
export function watchMemory(): MemoryWatch {
  const sampler = new TreeMemory(process.pid);
  const timer = setInterval(() => sampler.sample(), SAMPLE_EVERY_MS);
  timer.unref();
  sampler.sample();
  return {
    peakBytes: () => {
      sampler.sample();
      return sampler.peakBytes;
    },
    stop: () => clearInterval(timer),
  };
}

/** The memory of a process tree. */
class TreeMemory {
  peakBytes = 0;
  readonly #root: number;
  /** Of all processes listed: whether it is in the tree. A process keeps its number and its parent for life. */
  readonly #isMember = new Map<number, boolean>();

  constructor(root: number) {
    this.#root = root;
  }

  sample(): void {
    const pids = allPids();
    const bytes = pids === undefined ? process.memoryUsage.rss() : totalBytes(this.#membersOf(pids));
    this.peakBytes = Math.max(this.peakBytes, bytes);
  }

  /** Only processes not seen before are looked at; those that have gone are forgotten. */
  #membersOf(pids: readonly number[]): readonly number[] {
    const alive = new Set(pids);
    for (const pid of this.#isMember.keys()) if (!alive.has(pid)) this.#isMember.delete(pid);
    return pids.filter((pid) => this.#belongs(pid));
  }

  #belongs(pid: number): boolean {
    const known = this.#isMember.get(pid);
    if (known !== undefined) return known;
    const belongs = pid === this.#root || (pid > 1 && this.#belongs(parentOf(pid)));
    this.#isMember.set(pid, belongs);
    return belongs;
  }
}

function totalBytes(pids: readonly number[]): number {
  const sizes = pids.map(residentBytes);
  const own = sizes.reduce((sum, size) => sum + size.own, 0);
  return own + Math.max(0, ...sizes.map(({ files }) => files));
}

function allPids(): readonly number[] | undefined {
  try {
    return readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  } catch {
    return undefined;
  }
}

/** The fourth field of stat, behind a name that may hold anything. */
function parentOf(pid: number): number {
  const stat = contentOf(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? 0);
}

/** Resident bytes, from counters the kernel keeps: what belongs to the process, and what it has mapped from files. */
function residentBytes(pid: number): { readonly own: number; readonly files: number } {
  const status = contentOf(`/proc/${pid}/status`);
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) * BYTES_PER_KILOBYTE;
  return { own: field("RssAnon") + field("RssShmem"), files: field("RssFile") };
}

/** Empty where the process has ended meanwhile, or may not be looked at. */
function contentOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
