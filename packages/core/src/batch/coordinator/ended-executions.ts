/** Sees which executions of a step have ended, and how; those whose job died without a word are marked here. */
import type { JobId } from "../../model/ids.ts";
import { isTerminal, type JobRow, type JobState } from "../../model/job.ts";
import { isEndedStep, type StepMark, type StepRow } from "../../model/step.ts";
import type { StepDefinition } from "../pipeline/step-definition.ts";
import { known } from "../run/known.ts";
import type { RunParts } from "../run/run-parts.ts";
import { detailOf, detailText } from "../run/step-detail.ts";
import { errorOfJob } from "../run/step-error.ts";
import { recordAbandoned } from "../steps/abandoned.ts";
import { endedStep } from "./ended-step.ts";
import type { Move, Pass } from "./pass.ts";
import { spawnExecutions } from "./spawn-executions.ts";
import type { Waiting } from "./standing.ts";

const LIVE: readonly JobState[] = ["scheduled", "ready", "retrying", "running", "waiting"];

/** An execution that was begun. */
interface Begun {
  readonly id: JobId;
  /** Absent where somebody has deleted it. */
  readonly job: JobRow | undefined;
  readonly row: StepRow;
}

/** What those without an end of their own come to. */
interface Judged {
  readonly marks: readonly StepMark[];
  readonly underWay: readonly Begun[];
  /** Whether chunks of one whose job has died are still to end. */
  readonly looksAgain: boolean;
}

/** Goes on sleeping while there are executions under way or to begin, else ends the step. */
export async function endedExecutions(pass: Pass, standing: Waiting, step: StepDefinition): Promise<Move> {
  const begun = await begunExecutions(pass, standing);
  const { marks, underWay, looksAgain } = await judged(pass, step, begun);
  const jobs = Object.fromEntries(underWay.map(({ id, row }) => [row.step, id]));
  const seen = { ...pass, marks: [...pass.marks, ...marks] };
  const move = await spawnExecutions(seen, { ...standing, jobs }, { step, names: [], looksAgain });
  if (move.kind === "end") return move;
  const ended = [...begun.map(({ row }) => row), ...marks]; // marks count more than the rows they are to replace
  return endedStep(pass, standing, { step, ended: new Map(ended.map((mark) => [mark.step, mark])), marks });
}

/**
 * Each was marked in the write that spawned its job. Jobs are looked at first: one that had ended has left its row's state
 * with its end, while the state of a row that is looked at first says nothing of a job that ends between the two looks.
 */
async function begunExecutions({ parts, look }: Pass, { jobs }: Waiting): Promise<readonly Begun[]> {
  const steps = Object.keys(jobs);
  if (steps.length === 0) return [];
  const jobRows = await jobsOf(parts, Object.values(jobs));
  const { rows } = await parts.store.steps({ run: look.row.id, steps }, { limit: steps.length });
  const byName = new Map(rows.map((row) => [row.step, row]));
  return Object.entries(jobs).map(([name, id]) => ({
    id,
    job: jobRows.get(id),
    row: known(byName.get(name), `execution "${name}" was begun without a row`),
  }));
}

async function jobsOf({ store }: RunParts, ids: readonly JobId[]): Promise<ReadonlyMap<JobId, JobRow>> {
  const { rows } = await store.find({ ids }, { limit: ids.length });
  return new Map(rows.map((row) => [row.id, row]));
}

async function judged(pass: Pass, step: StepDefinition, begun: readonly Begun[]): Promise<Judged> {
  const marks: StepMark[] = [];
  const underWay: Begun[] = [];
  let looksAgain = false;
  for (const each of begun.filter(({ row }) => !isEndedStep(row.state))) {
    if (each.job !== undefined && !isTerminal(each.job.state)) underWay.push(each);
    else if (await hasLiveChunks(pass, each.id)) {
      underWay.push(each);
      looksAgain = true;
    } else marks.push(await failedMark(pass, step, each));
  }
  return { marks, underWay, looksAgain };
}

/** Chunks outlive the job that spawned them; the step has not ended before they have. */
async function hasLiveChunks({ parts }: Pass, parent: JobId): Promise<boolean> {
  const { rows } = await parts.store.find({ parent, states: LIVE }, { limit: 1 });
  return rows.length > 0;
}

async function failedMark(
  { parts, ctx }: Pass,
  { work }: StepDefinition,
  { id, row, job }: Begun,
): Promise<StepMark> {
  const { run, step, starts } = row;
  if (work.kind === "chunks") {
    const { chunks } = work;
    await recordAbandoned({ store: parts.store, ctx, step: { run, step }, chunks, parent: id });
  }
  const detail = detailText({ ...detailOf(row), error: errorOfJob(job) });
  return { run, step, state: "failed", starts, detail };
}
