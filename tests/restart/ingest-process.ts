/** The built command line's `ingest` in a process of its own, killed or left to end. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../../packages/millrace/bin/millrace.js", import.meta.url));
const POLL_MS = 20;

/** What `ingest -o json` prints, as far as it tells of the work. */
export interface Report {
  readonly documents: number;
  readonly unchanged: number;
  readonly ingested: number;
  readonly ignored: number;
  readonly failed: number;
  readonly pages: number;
  readonly passages: number;
  readonly failures: Readonly<Record<string, number>>;
}

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What to ingest, and into which store. */
export interface IngestCommand {
  readonly folder: string;
  readonly store: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** One process. It leads a process group, by which its children are found even when it is gone. */
export class IngestProcess {
  /** When it was started, on the machine's clock, which is the store's too. */
  readonly startedAtMs: number = Date.now();
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;

  constructor({ folder, store, environment }: IngestCommand) {
    const words = ["ingest", folder, "--collection", "docs", "--store", store, "-o", "json", "-v"];
    const { PATH = "", HOME = "" } = process.env;
    this.#child = spawn(process.execPath, [PROGRAM, ...words], {
      cwd: folder,
      env: { PATH, HOME, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.ended = this.#collect();
  }

  get pid(): number {
    return this.#child.pid ?? Number.NaN;
  }

  /** Waits until it has ended or so many ms have passed; whether it ended. */
  async endsWithin(ms: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const passed = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), ms);
    });
    const ended = await Promise.race([this.ended.then(() => true), passed]);
    clearTimeout(timer);
    return ended;
  }

  /** `kill -9` of this process alone. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }

  /** The living processes of its group, itself among them while it lives. */
  family(): readonly number[] {
    return readdirSync("/proc")
      .filter(isNumber)
      .map(Number)
      .filter((pid) => groupOf(pid) === this.pid);
  }

  /** Waits for its children to leave by themselves; those still there after so many ms. */
  async childrenLeft(withinMs: number): Promise<readonly number[]> {
    const deadline = Date.now() + withinMs;
    let family = this.family();
    while (family.length > 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      family = this.family();
    }
    return family;
  }

  /** Ends whatever a failed test left of it. */
  destroy(): void {
    if (this.family().length > 0) process.kill(-this.pid, "SIGKILL");
  }

  async #collect(): Promise<Ending> {
    const parts = { stdout: "", stderr: "" };
    this.#child.stdout?.on("data", (text) => (parts.stdout += String(text)));
    this.#child.stderr?.on("data", (text) => (parts.stderr += String(text)));
    const [code] = (await once(this.#child, "close")) as [number | null]; // as Node documents the event
    return { code, ...parts };
  }
}

/** The report an undisturbed end printed. */
export function reportOf({ code, stdout, stderr }: Ending): Report {
  const line = stdout.trim().split("\n").at(-1) ?? "";
  if (!line.startsWith("{")) throw new Error(`ingest ended with ${code} and no report:\n${stderr}`);
  const { seconds: _, peakBytes: __, ...report } = JSON.parse(line);
  return report as Report; // printed by the ingest command
}

function isNumber(name: string): boolean {
  return /^\d+$/.test(name);
}

/** The group of a living process; undefined for one that is gone, or dead and not yet waited for. */
function groupOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" || state === "X" ? undefined : Number(group);
  } catch {
    return undefined;
  }
}
