/** Spawns the jobs of step executions, as many as may be under way, and lets the coordinator sleep behind them. */
import type { JobId } from "../../model/ids.ts";
import type { NewJob } from "../../model/job.ts";
import type { StepMark, StepRow } from "../../model/step.ts";
import type { StepDefinition } from "../pipeline/step-definition.ts";
import { detailOf, detailText, type StepDetail } from "../run/step-detail.ts";
import { stepJob } from "../run-jobs.ts";
import { inLine, isPartitioned, type Line } from "./partitions.ts";
import { LOOK_AGAIN_MS, type Move, type Pass } from "./pass.ts";
import { checkpointOf, type Standing } from "./standing.ts";

/** What is to be spawned. */
export interface Spawning {
  readonly step: StepDefinition;
  /** Executions that begin at once, whatever is under way. */
  readonly names: readonly string[];
  /** The mark of a partitioned step as it begins. */
  readonly whole?: StepMark | undefined;
  /** Whether chunks of an execution whose job has died are still to end, which wakes nobody. */
  readonly looksAgain?: boolean | undefined;
}

/**
 * Begins what is named, and of the partitions that wait as many as there is room for. Gives the attempt's end; or, where
 * nothing is under way then, the standing as it is.
 */
export async function spawnExecutions(pass: Pass, standing: Standing, spawning: Spawning): Promise<Move> {
  const { ctx } = pass;
  const { step, whole } = spawning;
  const { jobs = {} } = standing;
  const underWay = Object.keys(jobs).length;
  const { next: parts, line } = await nextParts(pass, standing, { step, underWay });
  const names = [...spawning.names, ...parts];
  const begun = await begin(pass, step, names);
  const next: Standing = { ...standing, jobs: { ...jobs, ...begun.jobs }, line, attempt: ctx.attempt };
  const marks = [...(whole === undefined ? [] : [whole]), ...begun.marks];
  const now = underWay + names.length;
  if (now === 0) return { kind: "on", standing: next, marks };
  const checkpoint = checkpointOf(step.name, next);
  const writes = { spawn: begun.spawn, marks: [...pass.marks, ...marks], checkpoint };
  const control =
    spawning.looksAgain === true
      ? ctx.snooze(LOOK_AGAIN_MS, writes)
      : ctx.suspend({ ...writes, wakeAt: step.partitioner === undefined ? 0 : now - 1 });
  return { kind: "end", control };
}

/** The partitions that there is room for, and the line behind them. */
async function nextParts(
  pass: Pass,
  { line }: Standing,
  { step, underWay }: { readonly step: StepDefinition; readonly underWay: number },
): Promise<{ readonly next: readonly string[]; readonly line: Line | undefined }> {
  if (line === undefined || !isPartitioned(step)) return { next: [], line: undefined };
  const room = Math.max(0, step.partitioner.concurrency - underWay);
  const { waiting, behind } = await inLine(pass, step, { line, room });
  return { next: waiting.slice(0, room), line: { waiting: waiting.slice(room), behind } };
}

interface Begun {
  readonly jobs: Readonly<Record<string, JobId>>;
  readonly spawn: readonly NewJob[];
  readonly marks: readonly StepMark[];
}

async function begin(pass: Pass, step: StepDefinition, names: readonly string[]): Promise<Begun> {
  const { parts, look } = pass;
  if (names.length === 0) return { jobs: {}, spawn: [], marks: [] };
  const { rows } = await parts.store.steps({ run: look.row.id, steps: names }, { limit: names.length });
  const byName = new Map(rows.map((row) => [row.step, row]));
  const owner = { ...look.row, definition: parts.definition.name };
  const all = names.map((name) => {
    const job = stepJob(owner, { step: name }, step.work);
    return { name, job, mark: markOf(pass, byName.get(name), { name, detail: { job: job.id } }) };
  });
  return {
    jobs: Object.fromEntries(all.map(({ name, job }) => [name, job.id])),
    spawn: all.map(({ job }) => job),
    marks: all.map(({ mark }) => mark),
  };
}

/**
 * The mark of an execution that begins, perhaps once more: its context and place stay, what it came to does not. A
 * reader that had come to its end in an execution that completed reads on behind it.
 */
export function markOf(
  { look, parts }: Pass,
  row: StepRow | undefined,
  { name, detail }: { readonly name: string; readonly detail: StepDetail },
): StepMark {
  const {
    error: _error,
    result: _result,
    run: _run,
    base: _base,
    job,
    before = [],
    reading,
    ...kept
  } = detailOf(row);
  const isDone = row?.state === "completed";
  return {
    run: look.row.id,
    step: name,
    state: "running",
    starts: (row?.starts ?? 0) + 1,
    detail: detailText({
      ...kept,
      before: job === undefined ? undefined : [...before, job],
      reading: reading && { ...reading, sealed: reading.sealed && !isDone },
      version: parts.definition.version,
      ...detail,
    }),
  };
}
