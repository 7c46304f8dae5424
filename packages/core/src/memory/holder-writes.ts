/** save and settle: what the holder of a lease writes, behind the fence. */
import { verdictOf } from "../model/children.ts";
import type { NewJob } from "../model/job.ts";
import type { HolderAnswer, HolderWrite, Outcome, Settlement } from "../model/settlement.ts";
import { endJob } from "./endings.ts";
import { addRecord } from "./job.ts";
import type { Moment, RunningJob } from "./jobs.ts";
import { change, type Memory } from "./memory.ts";

/** save: applies writes of holders that go on. */
export function save(memory: Memory, writes: readonly HolderWrite[]): HolderAnswer[] {
  return change(memory, (moment) =>
    writes.map((write) => {
      const job = heldJob(memory, write);
      if (job === undefined) return missed(memory, write);
      if (write.write <= job.phase.lastWrite) return "already-applied";
      keep(memory, job, { write, moment });
      return "applied";
    }),
  );
}

/** settle: ends attempts, with whatever else their last write carries; its number decides nothing. */
export function settle(memory: Memory, settlements: readonly Settlement[]): HolderAnswer[] {
  return change(memory, (moment) =>
    settlements.map((settlement) => {
      const job = heldJob(memory, settlement);
      if (job === undefined) return missed(memory, settlement);
      const { cancelled } = job;
      keep(memory, job, { write: settlement, moment });
      endAttempt(memory, job, { settlement, moment });
      if (settlement.measures !== undefined) moment.change.measure(job, settlement.measures);
      return cancelled === undefined ? "applied" : "applied-as-cancelled";
    }),
  );
}

/** The job of a write whose token is current. */
function heldJob(memory: Memory, { id, token }: HolderWrite): RunningJob | undefined {
  const job = memory.jobs.runningUnder(token);
  return job?.id === id ? job : undefined;
}

/** What a write of any other token was. */
function missed(memory: Memory, { id, token }: HolderWrite): HolderAnswer {
  return memory.jobs.get(id)?.settled === token ? "already-applied" : "fenced";
}

function keep(memory: Memory, job: RunningJob, of: { write: HolderWrite; moment: Moment }): void {
  const { write, moment } = of;
  job.phase.lastWrite = write.write;
  if (write.checkpoint !== undefined) job.checkpoint = write.checkpoint;
  if (write.progress !== undefined) job.progress = write.progress;
  if (write.log !== undefined) memory.logs.add(job, write.log, moment.now);
  if (write.spawn !== undefined) spawn(memory, job, { children: write.spawn, moment });
  if (write.marks !== undefined) for (const mark of write.marks) memory.steps.mark(mark, moment.now);
  if (write.step === undefined) return;
  const { step, items = [], counters = {}, onlyNewItems = false } = write;
  const { delta } = moment.change.items;
  for (const item of items) {
    if (onlyNewItems && memory.ledger.has(step, item.key)) continue;
    memory.ledger.put(item, { step, job: job.id, atMs: moment.now, delta });
  }
  memory.ledger.count(step, counters, delta);
}

/** Only children that are new count: one that exists, even in history, is somebody's already. */
function spawn(
  memory: Memory,
  parent: RunningJob,
  of: { children: readonly NewJob[]; moment: Moment },
): void {
  for (const child of of.children) {
    if (memory.jobs.isKnown(child.id)) continue;
    memory.jobs.add(child, of.moment, parent.id);
    memory.forks.grow(parent.id, child.id);
  }
}

function endAttempt(memory: Memory, job: RunningJob, of: { settlement: Settlement; moment: Moment }): void {
  const { settlement, moment } = of;
  const { outcome, record } = settlement;
  job.phase.lease.held -= 1;
  job.settled = settlement.token;
  job.suspect = false;
  job.snoozed = outcome.kind === "snoozed" ? outcome.note : undefined;
  job.retrying = outcome.kind === "retry";
  if (outcome.kind === "completed" || outcome.kind === "retry" || outcome.kind === "dead") {
    job.attempts += 1;
    addRecord(job, record, moment.stamp);
  }
  if (job.cancelled !== undefined) {
    if (outcome.kind === "released" && outcome.started) job.interruptions += 1;
    if (outcome.kind === "snoozed") job.snoozes += 1;
    addRecord(job, job.cancelled, moment.stamp);
    endJob(memory, job, { ended: { state: "cancelled" }, moment });
    return;
  }
  switch (outcome.kind) {
    case "completed":
      endJob(memory, job, { ended: { state: "completed" }, moment });
      break;
    case "dead":
      moment.deaths.failed.push(job);
      endJob(memory, job, { ended: { state: "dead", fingerprint: outcome.fingerprint }, moment });
      break;
    case "retry":
      memory.jobs.requeue(job, { kind: "retrying", runAtMs: moment.now + outcome.delayMs }, moment.change);
      break;
    case "snoozed":
      job.snoozes += 1;
      memory.jobs.requeue(job, { kind: "snoozed", runAtMs: moment.now + outcome.delayMs }, moment.change);
      break;
    case "released":
      if (outcome.started) job.interruptions += 1;
      memory.jobs.requeue(job, { kind: "released", runAtMs: job.runAtMs }, moment.change);
      break;
    case "suspended":
      suspend(memory, job, { outcome, moment });
  }
}

/**
 * Parks it, unless few enough of its children are left already. Whether a policy is decided already shows when the
 * call's parents are judged.
 */
function suspend(
  memory: Memory,
  job: RunningJob,
  of: { outcome: Extract<Outcome, { kind: "suspended" }>; moment: Moment },
): void {
  const { outcome, moment } = of;
  const condition = outcome.policy ?? { kind: "threshold" as const, wakeAt: outcome.wakeAt };
  const isMet = verdictOf(condition, memory.forks.tallyOrNone(job.id)) === "wake";
  if (condition.kind === "threshold" && isMet) {
    memory.jobs.requeue(job, { kind: "woken", runAtMs: moment.now }, moment.change);
    return;
  }
  memory.jobs.park(job, condition, moment.change);
  moment.touched.add(job.id);
}
