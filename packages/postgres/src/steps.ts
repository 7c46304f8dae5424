/** The steps of runs on SQL: marked with holders' writes, read by name. */
import type {
  HolderWrite,
  Page,
  PageOptions,
  RunId,
  StepFilter,
  StepMark,
  StepRow,
  StepState,
} from "@millrace/core";
import type { Session } from "./session.ts";

/** Puts the marks of writes that hold in the place of earlier ones. */
export async function markSteps(session: Session, writes: readonly HolderWrite[]): Promise<void> {
  for (const marks of inRounds(writes.flatMap((write) => write.marks ?? []))) {
    await session.run("step/mark", [JSON.stringify(marks)]);
  }
}

/** Marks in their order, no step twice in a round: a statement changes a row once. */
function inRounds(marks: readonly StepMark[]): readonly StepMark[][] {
  const rounds: StepMark[][] = [];
  const met = new Map<string, number>();
  for (const { run, step, state, starts, detail } of marks) {
    const key = JSON.stringify([run, step]);
    const round = met.get(key) ?? 0;
    met.set(key, round + 1);
    rounds[round] ??= [];
    rounds[round]?.push({ run, step, state, starts, detail });
  }
  return rounds;
}

interface StoredStep {
  readonly step: string;
  readonly state: StepState;
  readonly starts: number;
  readonly detail: string;
  readonly started: string | null;
  readonly finished: string | null;
  readonly updated: string;
}

/** The port's steps. */
export async function findSteps(
  session: Session,
  { run, states, steps }: StepFilter,
  { after, limit }: PageOptions,
): Promise<Page<StepRow>> {
  const rows = await (steps === undefined
    ? session.run<StoredStep>("step/find", [run, states ?? null, after ?? null, limit])
    : session.run<StoredStep>("step/among", [run, states ?? null, steps, after ?? null, limit]));
  const last = rows.at(-1);
  return {
    rows: rows.map((row) => stepOf(run, row)),
    ...(rows.length === limit && last !== undefined ? { next: last.step } : {}),
  };
}

function stepOf(run: RunId, { step, state, starts, detail, ...times }: StoredStep): StepRow {
  return {
    ...{ run, step, state, starts, detail },
    ...(times.started === null ? {} : { startedAtMs: Number(times.started) }),
    ...(times.finished === null ? {} : { finishedAtMs: Number(times.finished) }),
    updatedAtMs: Number(times.updated),
  };
}
