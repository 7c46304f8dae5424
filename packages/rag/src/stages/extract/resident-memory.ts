/** How much memory another process holds. */
import { readFileSync } from "node:fs";

/** Resident bytes of process `pid`; `undefined` where the system does not say (no /proc) or it is gone. */
export function residentBytes(pid: number): number | undefined {
  try {
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
  } catch {
    return undefined;
  }
}
