/** watch: finds waiting parents whose children were lost. */
import type { JobId } from "../model/ids.ts";
import type { WatchReport } from "../store/job-store.ts";
import { change, type Memory } from "./memory.ts";

/** The port's watch. */
export function watch(memory: Memory, limit: number): WatchReport {
  const isWaiting = (id: JobId) => memory.jobs.get(id)?.phase.kind === "waiting";
  const isLive = (id: JobId) => memory.jobs.isLive(id);
  return change(memory, (moment) => {
    const stranded: JobId[] = [];
    let repaired = 0;
    for (const parent of memory.forks.takeTurns(limit, isWaiting)) {
      const lost = memory.forks.writeOff(parent, isLive);
      if (lost === 0) continue;
      repaired += lost;
      stranded.push(parent);
      moment.touched.add(parent);
    }
    return { repaired, stranded: stranded.sort() };
  });
}
