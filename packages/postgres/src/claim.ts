/** claim on SQL. */
import type { ClaimedJob, ClaimOptions, ClaimWant, JobId, RunId, Token } from "@millrace/core";
import { PRIORITIES, TARGET_WAITS_MS } from "@millrace/core";
import { type ForkColumns, tallyOf } from "./children.ts";
import { classCode, optional, priorityOf } from "./codes.ts";
import type { Session } from "./session.ts";

interface ClaimRow extends ForkColumns {
  readonly id: JobId;
  readonly token: Token;
  readonly queue: string;
  readonly name: string;
  readonly tenant: string;
  readonly class: number;
  readonly attempts: number;
  readonly generation: number;
  readonly parent: JobId | null;
  readonly run: RunId | null;
  readonly ordering_key: string | null;
  readonly env: string;
  readonly checkpoint: string | null;
  readonly waited: string;
}

/** The port's claim. */
export async function claim(
  session: Session,
  wants: readonly ClaimWant[],
  options: ClaimOptions,
): Promise<readonly ClaimedJob[]> {
  if (wants.length === 0) return [];
  const overdue = options.solo === true ? 0 : (options.overdue ?? 0);
  const values = [
    JSON.stringify(
      wants.map((want) => ({
        queue: want.queue,
        max: want.max,
        names: want.names,
        classes: [...(want.priorities ?? PRIORITIES)].map(classCode).sort(),
        one: 1,
      })),
    ),
    options.lease,
    options.worker,
    options.leaseMs,
  ];
  const rows =
    overdue === 0
      ? await session.run<ClaimRow>(options.solo ? "job/claim-solo" : "job/claim", values)
      : await session.run<ClaimRow>("job/claim-overdue", [...values, overdue, targetsOf(options)]);
  return rows.map((row) => ({
    id: row.id,
    token: row.token,
    queue: row.queue,
    name: row.name,
    tenant: row.tenant,
    priority: priorityOf(row.class),
    attempt: row.attempts + 1,
    generation: row.generation,
    waitedMs: Number(row.waited),
    ...optional("parent", row.parent),
    ...optional("run", row.run),
    ...optional("orderingKey", row.ordering_key),
    envelope: row.env,
    ...optional("checkpoint", row.checkpoint),
    ...tallyOf(row),
  }));
}

/** By class code. */
function targetsOf({ targetsMs = TARGET_WAITS_MS }: ClaimOptions): readonly number[] {
  return PRIORITIES.map((priority) => targetsMs[priority]);
}
