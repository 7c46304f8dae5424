/** deadLetters, deadGroups and deadDepths: what the memory store shows of jobs that died. */
import type { JobRow } from "../model/job.ts";
import type { Page, PageOptions } from "../store/call.ts";
import { groupCursor, groupPlace, letterCursor, letterPlace } from "../store/dead-cursor.ts";
import type { DeadDepth, DeadFilter, DeadGroup } from "../store/dead-store.ts";
import { type Ended, type Job, jobRow } from "./job.ts";
import type { Memory } from "./memory.ts";
import { byBytes } from "./sorted-keys.ts";

type DeadJob = Job & { readonly phase: Ended };

/** The port's deadLetters. */
export function deadLetters(memory: Memory, filter: DeadFilter, page: PageOptions): Page<JobRow> {
  const place = page.after === undefined ? undefined : letterPlace(page.after);
  const isAfter = (job: DeadJob) => {
    if (place === undefined) return true;
    const atMs = Number(place.at);
    return job.phase.atMs === atMs ? job.id < place.id : job.phase.atMs < atMs;
  };
  const found = deadJobs(memory, filter).filter(isAfter).sort(lastDiedFirst);
  const shown = found.slice(0, page.limit);
  const last = shown.at(-1);
  const rows = shown.map((job) => jobRow(job, memory.clock.now()));
  if (last === undefined || found.length === shown.length) return { rows };
  return { rows, next: letterCursor({ at: String(last.phase.atMs), id: last.id }) };
}

function lastDiedFirst(left: DeadJob, right: DeadJob): number {
  return right.phase.atMs - left.phase.atMs || (left.id < right.id ? 1 : -1);
}

/** The port's deadGroups. */
export function deadGroups(memory: Memory, filter: DeadFilter, page: PageOptions): Page<DeadGroup> {
  const groups = new Map<string, DeadGroup>();
  for (const job of deadJobs(memory, filter)) {
    const one = groupOf(job);
    const key = groupCursor(one);
    const group = groups.get(key);
    groups.set(key, group === undefined ? one : joined(group, one));
  }
  const place = page.after === undefined ? undefined : placeOf(groupPlace(page.after));
  const sorted = [...groups.values()]
    .sort(inGroupOrder)
    .filter((group) => place === undefined || inGroupOrder(place, group) < 0);
  const rows = sorted.slice(0, page.limit);
  const last = rows.at(-1);
  return last === undefined || rows.length === sorted.length ? { rows } : { rows, next: groupCursor(last) };
}

type Named = Pick<DeadGroup, "fingerprint" | "name" | "queue">;

function placeOf([fingerprint, name, queue]: ReturnType<typeof groupPlace>): Named {
  return { fingerprint, name, queue };
}

function groupOf({ id, name, queue, records, phase }: DeadJob): DeadGroup {
  const { fingerprint = "", atMs } = phase;
  return { fingerprint, name, queue, count: 1, firstAtMs: atMs, lastAtMs: atMs, sample: { id, records } };
}

function joined(group: DeadGroup, one: DeadGroup): DeadGroup {
  const isLater =
    one.lastAtMs > group.lastAtMs || (one.lastAtMs === group.lastAtMs && one.sample.id > group.sample.id);
  return {
    ...group,
    count: group.count + 1,
    firstAtMs: Math.min(group.firstAtMs, one.firstAtMs),
    lastAtMs: Math.max(group.lastAtMs, one.lastAtMs),
    sample: isLater ? one.sample : group.sample,
  };
}

function inGroupOrder(left: Named, right: Named): number {
  return (
    byBytes(left.fingerprint, right.fingerprint) ||
    byBytes(left.name, right.name) ||
    byBytes(left.queue, right.queue)
  );
}

/** The port's deadDepths. */
export function deadDepths(memory: Memory, atMost: number): readonly DeadDepth[] {
  const now = memory.clock.now();
  const depths = new Map<string, DeadDepth>();
  for (const { queue, phase } of deadJobs(memory, {})) {
    const { count = 0, oldestAtMs = phase.atMs } = depths.get(queue) ?? {};
    const oldest = Math.min(oldestAtMs, phase.atMs);
    depths.set(queue, {
      queue,
      count: Math.min(count + 1, atMost),
      oldestAtMs: oldest,
      oldestAgeMs: now - oldest,
    });
  }
  return [...depths.values()].sort((left, right) => byBytes(left.queue, right.queue));
}

function deadJobs(memory: Memory, filter: DeadFilter): DeadJob[] {
  const isWanted = (job: DeadJob) =>
    (filter.queue === undefined || filter.queue === job.queue) &&
    (filter.name === undefined || filter.name === job.name) &&
    (filter.tenant === undefined || filter.tenant === job.tenant) &&
    (filter.fingerprint === undefined || filter.fingerprint === job.phase.fingerprint);
  return [...memory.jobs.history.jobs("dead")].filter(isWanted);
}
