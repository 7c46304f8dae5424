/** reprioritise on SQL: jobs in line go on in another class. */
import {
  type AuditedJob,
  type ControlNote,
  checkNote,
  checkPriority,
  type JobId,
  jobEntries,
  type Priority,
  type ReprioritiseAnswer,
  reprioritisedDetails,
} from "@millrace/core";
import { appendAudit } from "./audit.ts";
import { standing } from "./cancel.ts";
import { classCode } from "./codes.ts";
import { lockLines } from "./ordering.ts";
import type { Session } from "./session.ts";

/** A class, and who has jobs be of it. */
export interface Reprioritising {
  readonly priority: Priority;
  readonly note: ControlNote;
}

/** The port's reprioritise, within a transaction. */
export async function reprioritise(
  session: Session,
  ids: readonly JobId[],
  { priority, note }: Reprioritising,
): Promise<readonly ReprioritiseAnswer[]> {
  checkPriority(priority);
  checkNote(note);
  const once = [...new Set(ids)];
  const first = await moved(session, { ids: once, priority, lines: [] });
  const found = new Set(first.map(({ id }) => id));
  const others = await elsewhere(
    session,
    once.filter((id) => !found.has(id)),
    priority,
  );
  const rows = [...first, ...others.rows];
  const answers = new Map([...others.missed, ...rows.map(({ id, answer }) => [id, answer] as const)]);
  await appendAudit(
    session,
    jobEntries(note, {
      ...{ type: "job.reprioritised", action: "reprioritise" },
      details: reprioritisedDetails(priority, note),
      jobs: rows.filter(({ answer }) => answer === "changed"),
    }),
  );
  return ids.map((id) => answers.get(id) ?? "not-found");
}

interface MovedRow extends AuditedJob {
  readonly answer: "changed" | "unchanged";
}

interface Moving {
  readonly ids: readonly string[];
  readonly priority: Priority;
  /** Ordering keys whose locks are held. */
  readonly lines: readonly string[];
}

async function moved(session: Session, { ids, priority, lines }: Moving): Promise<readonly MovedRow[]> {
  if (ids.length === 0) return [];
  return session.run<MovedRow>("job/reprioritise", [ids, classCode(priority), lines]);
}

interface Others {
  readonly rows: readonly MovedRow[];
  readonly missed: readonly (readonly [id: string, answer: ReprioritiseAnswer])[];
}

/**
 * Ids that were not at the front of a line when looked for. One that is live by now may have come back, or stand behind
 * others: their rows need no more waiting for, so its line can be locked, as whoever ends the first of it does.
 */
async function elsewhere(session: Session, ids: readonly string[], priority: Priority): Promise<Others> {
  if (ids.length === 0) return { rows: [], missed: [] };
  const { live, finished, lines } = await standing(session, ids);
  await lockLines(session, lines);
  const rows = await moved(session, { ids: [...live], priority, lines });
  return { rows, missed: [...live, ...finished].map((id) => [id, "not-in-line"] as const) };
}
