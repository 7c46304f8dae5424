/** Sees which executions of a step have ended, and how; those whose job died without a word are marked here. */
import { isTerminal, type JobRow, type JobState } from "../../model/job.ts";
import { isEndedStep, type StepMark, type StepRow } from "../../model/step.ts";
import type { StepDefinition } from "../pipeline/step-definition.ts";
import { detailOf, detailText } from "../run/step-detail.ts";
import { errorOfJob } from "../run/step-error.ts";
import { recordAbandoned } from "../steps/abandoned.ts";
import { executionOf } from "../steps/execution.ts";
import { endedStep } from "./ended-step.ts";
import type { Move, Pass } from "./pass.ts";
import { spawnExecutions } from "./spawn-executions.ts";
import type { Standing } from "./standing.ts";

const LIVE: readonly JobState[] = ["scheduled", "ready", "retrying", "running", "waiting"];

/** Goes on sleeping while there are executions under way or to begin, else ends the step. */
export async function endedExecutions(pass: Pass, standing: Standing, step: StepDefinition): Promise<Move> {
  const { jobs = {} } = standing;
  const names = Object.keys(jobs);
  // In this order: a job that had ended has left its row's state with its end, while the state of a row that is looked at
  // first says nothing of a job that ends between the two looks.
  const jobRows = await jobsOf(
    pass,
    names.flatMap((name) => jobs[name] ?? []),
  );
  const rows = await rowsOf(pass, names);
  const open = names.filter((name) => !isEndedStep(rows.get(name)?.state ?? "running"));
  const marks: StepMark[] = [];
  const underWay: string[] = [];
  let looksAgain = false;
  for (const name of open) {
    const job = jobRows.get(jobs[name] ?? "");
    if (job !== undefined && !isTerminal(job.state)) underWay.push(name);
    else if (await hasLiveChunks(pass, jobs[name])) {
      underWay.push(name);
      looksAgain = true;
    } else marks.push(await failedMark(pass, { name, job, row: rows.get(name), id: jobs[name] }));
  }
  const next: Standing = {
    ...standing,
    jobs: Object.fromEntries(underWay.map((name) => [name, jobs[name]])) as never,
  };
  const seen = { ...pass, marks: [...pass.marks, ...marks] };
  const move = await spawnExecutions(seen, next, { step, names: [], looksAgain });
  if (move.kind === "end") return move;
  return endedStep(pass, standing, { step, rows, marks });
}

async function rowsOf(
  { parts, look }: Pass,
  names: readonly string[],
): Promise<ReadonlyMap<string, StepRow>> {
  if (names.length === 0) return new Map();
  const { rows } = await parts.store.steps({ run: look.row.id, steps: names }, { limit: names.length });
  return new Map(rows.map((row) => [row.step, row]));
}

async function jobsOf({ parts }: Pass, ids: readonly JobRow["id"][]): Promise<ReadonlyMap<string, JobRow>> {
  if (ids.length === 0) return new Map();
  const { rows } = await parts.store.find({ ids }, { limit: ids.length });
  return new Map(rows.map((row) => [row.id, row]));
}

/** Chunks outlive the job that spawned them; the step has not ended before they have. */
async function hasLiveChunks({ parts }: Pass, parent: JobRow["id"] | undefined): Promise<boolean> {
  if (parent === undefined) return false;
  const { rows } = await parts.store.find({ parent, states: LIVE }, { limit: 1 });
  return rows.length > 0;
}

async function failedMark(
  { parts, look, ctx }: Pass,
  {
    name,
    job,
    row,
    id,
  }: {
    readonly name: string;
    readonly job: JobRow | undefined;
    readonly row: StepRow | undefined;
    readonly id: JobRow["id"] | undefined;
  },
): Promise<StepMark> {
  const { work } = executionOf(parts.definition, name).step;
  const run = look.row.id;
  if (work.kind === "chunks" && id !== undefined) {
    await recordAbandoned({
      store: parts.store,
      ctx,
      step: { run, step: name },
      chunks: work.chunks,
      parent: id,
    });
  }
  const detail = detailText({ ...detailOf(row), error: errorOfJob(job) });
  return { run, step: name, state: "failed", starts: row?.starts ?? 1, detail };
}
