/** What a partitioned step is, of what its partitions are. */
import type { Json } from "../../model/json.ts";
import type { StepMark } from "../../model/step.ts";
import type { StepDefinition } from "../pipeline/step-definition.ts";
import { known } from "../run/known.ts";
import { detailOf, detailText } from "../run/step-detail.ts";
import type { StepError } from "../run/step-error.ts";
import type { StoredValues } from "../run/values.ts";
import { partitionRows } from "../steps/partition-rows.ts";
import type { Pass } from "./pass.ts";

/** Its mark: failed where a partition is, else partial where one is; with the run's context as they leave it, in order. */
export async function wholeOf(
  pass: Pass,
  step: StepDefinition,
  ended: ReadonlyMap<string, StepMark>,
): Promise<StepMark> {
  const row = known(pass.look.steps.get(step.name), `step "${step.name}" has no row`);
  const detail = detailOf(row);
  const partitions = known(detail.partitions, `step "${step.name}" was begun without partitions`);
  const { failed, contexts, isPartial } = await endsOf(pass, step, ended);
  const error = errorOf(failed, partitions);
  const state = isPartial ? "partial" : "completed";
  return {
    ...{ run: row.run, step: row.step, starts: row.starts },
    state: error === undefined ? state : "failed",
    detail: detailText({ ...detail, run: merged(contexts), error }),
  };
}

interface Ends {
  readonly failed: readonly Placed<StepMark>[];
  readonly contexts: readonly Placed<StoredValues>[];
  readonly isPartial: boolean;
}

/** Of a partition, with its place. */
interface Placed<Of> {
  readonly at: number;
  readonly of: Of;
}

/** What they came to: as they ended just now, else as they are stored. */
async function endsOf(
  { parts, look }: Pass,
  { name }: StepDefinition,
  ended: ReadonlyMap<string, StepMark>,
): Promise<Ends> {
  const failed: Placed<StepMark>[] = [];
  const contexts: Placed<StoredValues>[] = [];
  let isPartial = false;
  for await (const rows of partitionRows(parts.store, { run: look.row.id, step: name })) {
    for (const { row, at } of rows) {
      const mark = ended.get(row.step) ?? row;
      if (mark.state === "failed") failed.push({ at, of: mark });
      isPartial ||= mark.state === "partial";
      const { run } = detailOf(mark);
      if (run !== undefined) contexts.push({ at, of: run });
    }
  }
  return { failed, contexts, isPartial };
}

/** What the partitions have set, those behind others over them. */
function merged(contexts: Ends["contexts"]): StoredValues {
  const values = new Map<string, Json>();
  for (const { of } of contexts.toSorted((a, b) => a.at - b.at))
    for (const [key, value] of Object.entries(of)) values.set(key, value);
  return Object.fromEntries(values);
}

function errorOf(failed: Ends["failed"], of: number): StepError | undefined {
  const [first] = failed.toSorted((a, b) => a.at - b.at);
  if (first === undefined) return undefined;
  const error = failureOf(first.of);
  const which = `${failed.length} of ${of} partitions failed`;
  return { ...error, message: `${which}; ${first.of.step}: ${error.message}` };
}

/** What failed it: whoever marks a step as failed says so. */
export function failureOf(mark: StepMark): StepError {
  return known(detailOf(mark).error, `step "${mark.step}" has failed of nothing`);
}
