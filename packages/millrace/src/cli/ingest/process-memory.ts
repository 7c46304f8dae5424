/** Measures what this process and all its descendants hold in memory together, and remembers the most. */
import { readdirSync, readFileSync } from "node:fs";

/** Often enough for a peak of seconds; each look makes the kernel walk page tables, on a core that parsing wants. */
const SAMPLE_EVERY_MS = 500;
const BYTES_PER_KILOBYTE = 1_024;
/** Pages of /proc/<pid>/statm; 4 KiB wherever Node's releases run but on some ARM kernels. */
const PAGE_BYTES = 4_096;

/** A running measurement. */
export interface MemoryWatch {
  /** Most bytes seen so far. */
  peakBytes(): number;
  stop(): void;
}

/** Samples twice a second. Where there is no /proc: the resident set of this process alone. */
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

/**
 * The sum of PSS over a process tree. Reading PSS makes the kernel walk all pages, so it is read only when the tree
 * may have reached a new peak: since the last reading it cannot have grown by more than the resident sets have.
 */
class TreeMemory {
  peakBytes = 0;
  readonly #root: number;
  /** Of all processes listed: whether it is in the tree. A process keeps its number and its parent for life. */
  readonly #isMember = new Map<number, boolean>();
  /** Resident bytes of the tree's processes when last looked at. */
  readonly #resident = new Map<number, number>();
  #proportional = 0;

  constructor(root: number) {
    this.#root = root;
  }

  sample(): void {
    const pids = allPids();
    if (pids === undefined) {
      this.peakBytes = Math.max(this.peakBytes, process.memoryUsage.rss());
      return;
    }
    const members = this.#membersOf(pids);
    this.#proportional += this.#residentGrowth(members);
    if (this.#proportional <= this.peakBytes) return;
    this.#proportional = members.reduce((sum, pid) => sum + proportionalBytes(pid), 0);
    this.peakBytes = Math.max(this.peakBytes, this.#proportional);
  }

  /** Only processes not seen before are looked at; those that have gone are forgotten. */
  #membersOf(pids: readonly number[]): readonly number[] {
    const alive = new Set(pids);
    for (const pid of this.#isMember.keys()) {
      if (alive.has(pid)) continue;
      this.#isMember.delete(pid);
      this.#resident.delete(pid);
    }
    return pids.filter((pid) => this.#belongs(pid));
  }

  #belongs(pid: number): boolean {
    const known = this.#isMember.get(pid);
    if (known !== undefined) return known;
    const belongs = pid === this.#root || (pid > 1 && this.#belongs(parentOf(pid)));
    this.#isMember.set(pid, belongs);
    return belongs;
  }

  #residentGrowth(members: readonly number[]): number {
    let growth = 0;
    for (const pid of members) {
      const resident = residentBytes(pid);
      growth += Math.max(0, resident - (this.#resident.get(pid) ?? 0));
      this.#resident.set(pid, resident);
    }
    return growth;
  }
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

function residentBytes(pid: number): number {
  return Number(contentOf(`/proc/${pid}/statm`).split(" ")[1] ?? 0) * PAGE_BYTES;
}

function proportionalBytes(pid: number): number {
  const found = /^Pss:\s+(\d+) kB/m.exec(contentOf(`/proc/${pid}/smaps_rollup`));
  return found === null ? residentBytes(pid) : Number(found[1]) * BYTES_PER_KILOBYTE;
}

/** Empty where the process has ended meanwhile, or may not be looked at. */
function contentOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
