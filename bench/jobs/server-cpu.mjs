// Owns how much processor time a PostgreSQL server has used, with all its processes, ended ones included.
import { readdirSync, readFileSync } from "node:fs";

/** Of getconf CLK_TCK; Linux has had 100 everywhere for decades. */
const TICKS_PER_SECOND = 100;

/** Seconds of user and system time so far. */
export function serverCpuSeconds(postmaster) {
  const own = timesOf(postmaster);
  let ticks = own.user + own.system + own.endedChildren;
  for (const pid of childrenOf(postmaster)) {
    const { user, system } = timesOf(pid);
    ticks += user + system;
  }
  return ticks / TICKS_PER_SECOND;
}

function childrenOf(parent) {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => timesOf(pid).parent === parent);
}

/** proc(5), stat: the fields after the command, which may hold anything, in brackets. */
function timesOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ").map(Number);
    return {
      parent: fields[1],
      user: fields[11],
      system: fields[12],
      endedChildren: fields[13] + fields[14],
    };
  } catch {
    return { parent: 0, user: 0, system: 0, endedChildren: 0 }; // ended meanwhile
  }
}
