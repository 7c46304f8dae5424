/** How calls become ARGV: flat words, lists behind their length, missing texts told from empty ones. */
import type { ClaimOptions, ClaimWant, HolderWrite, NewJob, Outcome, Settlement } from "@millrace/core";
import { PRIORITIES } from "@millrace/core";

export type Word = string | number;

/** A list as scripts read it. */
export function listWords<T>(members: readonly T[], words: (member: T) => readonly Word[]): Word[] {
  const all: Word[] = [members.length];
  for (const member of members) for (const word of words(member)) all.push(word);
  return all;
}

/** A job for `takeJob`. */
export function jobWords(job: NewJob): Word[] {
  const { id, queue, name, tenant, priority, delayMs, maxRescues, run = "", envelope } = job;
  return [id, queue, name, tenant, priority, delayMs, maxRescues, run, envelope];
}

/** A holder's write for `takeWrite`. */
export function writeWords(write: HolderWrite): Word[] {
  const { id, token, checkpoint, spawn = [] } = write;
  return [
    id,
    token,
    write.write,
    ...optional(checkpoint),
    ...listWords(spawn, jobWords),
    ...stepWords(write),
  ];
}

/** A settlement for settle. */
export function settlementWords(settlement: Settlement): Word[] {
  const { outcome, record } = settlement;
  return [...writeWords(settlement), outcome.kind, detailOf(outcome), record];
}

/** A claim's own words and its wants. */
export function claimWords(wants: readonly ClaimWant[], options: ClaimOptions): Word[] {
  const { lease, worker, leaseMs, solo = false } = options;
  return [
    lease,
    worker,
    leaseMs,
    flag(solo),
    ...listWords(wants, (want) => [
      want.queue,
      want.max,
      ...listWords(want.names, one),
      ...listWords(
        PRIORITIES.filter((priority) => (want.priorities ?? PRIORITIES).includes(priority)),
        one,
      ),
    ]),
  ];
}

/** A single word. */
export function one(word: Word): Word[] {
  return [word];
}

export function flag(value: boolean): Word {
  return value ? "1" : "0";
}

function optional(text: string | undefined): Word[] {
  return text === undefined ? ["0"] : ["1", text];
}

function stepWords({ step, items = [], counters = {} }: HolderWrite): Word[] {
  if (step === undefined) return ["0"];
  return [
    "1",
    step.run,
    step.step,
    ...listWords(items, (item) => [JSON.stringify(item)]),
    ...listWords(Object.entries(counters), (entry) => entry),
  ];
}

function detailOf(outcome: Outcome): Word {
  switch (outcome.kind) {
    case "completed":
      return "";
    case "dead":
      return outcome.fingerprint;
    case "retry":
      return outcome.delayMs;
    case "released":
      return flag(outcome.started);
    case "suspended":
      return outcome.wakeAt;
    default:
      throw new Error("the spike does not know this outcome");
  }
}
