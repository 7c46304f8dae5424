/** Which process is meant: ids are used again, so an id counts only together with when its process started. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";

/** A process, also after it has ended and another got its id. */
export interface ProcessIdentity {
  readonly pid: number;
  /** The system's own word for when it started; empty where the system does not tell. */
  readonly startedAt: string;
}

const MAX_COMMAND_LENGTH = 120;

/** This process. */
export function ownProcess(): ProcessIdentity {
  return { pid: process.pid, startedAt: startOf(process.pid) ?? "" };
}

/** What this process is for people: its script and the words after it, up to the first option (which may be secret). */
export function ownCommand(): string {
  const [, script = process.title, ...rest] = process.argv;
  const firstOption = rest.findIndex((word) => word.startsWith("-"));
  const words = firstOption === -1 ? rest : rest.slice(0, firstOption);
  return [basename(script), ...words].join(" ").replace(/\s+/g, " ").slice(0, MAX_COMMAND_LENGTH);
}

/** Whether this very process still runs on this machine; one that ended but was not yet reaped does not. */
export function isProcessAlive(identity: ProcessIdentity): boolean {
  if (!exists(identity.pid)) return false;
  const startedAt = startOf(identity.pid);
  if (startedAt === undefined) return process.platform !== "linux";
  return identity.startedAt === "" || startedAt === identity.startedAt;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** When a process started; nothing where it is gone, or where the system does not tell. */
function startOf(pid: number): string | undefined {
  return process.platform === "linux" ? startOnLinux(pid) : startByPs(pid);
}

/** `/proc/<pid>/stat`, proc(5): state is field 3, start time in ticks since boot field 22; the name before may hold anything. */
function startOnLinux(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const isGone = fields[0] === "Z" || fields[0] === "X";
    return isGone ? undefined : `${bootId()}:${fields[19]}`;
  } catch {
    return undefined;
  }
}

/** Ticks begin anew with every boot. */
function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}

function startByPs(pid: number): string | undefined {
  if (process.platform === "win32") return undefined;
  try {
    const options = { encoding: "utf8", env: { ...process.env, LC_ALL: "C", TZ: "UTC" } } as const;
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], options).trim();
  } catch {
    return undefined;
  }
}
