/** What a partitioned step is, of what its partitions are. */
import type { Json } from "../../model/json.ts";
import type { StepMark } from "../../model/step.ts";
import type { StepDefinition } from "../pipeline/step-definition.ts";
import { known } from "../run/known.ts";
import { detailOf, detailText } from "../run/step-detail.ts";
import type { StepError } from "../run/step-error.ts";
import { partName } from "../steps/execution.ts";
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
  const names = partitions.map(([part]) => partName(step.name, part));
  const failed: StepMark[] = [];
  const context = new Map<string, Json>();
  let isPartial = false;
  for await (const each of executions(pass, names, ended)) {
    if (each.state === "failed") failed.push(each);
    isPartial ||= each.state === "partial";
    for (const [key, value] of Object.entries(detailOf(each).run ?? {})) context.set(key, value);
  }
  const error = errorOf(failed, names.length);
  const state = isPartial ? "partial" : "completed";
  return {
    ...{ run: row.run, step: row.step, starts: row.starts },
    state: error === undefined ? state : "failed",
    detail: detailText({ ...detail, run: Object.fromEntries(context), error }),
  };
}

const PAGE = 1_000;

/** In the order of their names; as they ended just now, else as they are stored. */
async function* executions(
  { parts, look }: Pass,
  names: readonly string[],
  ended: ReadonlyMap<string, StepMark>,
): AsyncGenerator<StepMark> {
  for (let at = 0; at < names.length; at += PAGE) {
    const steps = names.slice(at, at + PAGE);
    const { rows } = await parts.store.steps({ run: look.row.id, steps }, { limit: PAGE });
    const all = new Map<string, StepMark>([...rows.map((row) => [row.step, row] as const), ...ended]);
    for (const name of steps) yield known(all.get(name), `partition "${name}" has not begun`);
  }
}

function errorOf(failed: readonly StepMark[], of: number): StepError | undefined {
  const [first] = failed;
  if (first === undefined) return undefined;
  const error = failureOf(first);
  const which = `${failed.length} of ${of} partitions failed`;
  return { ...error, message: `${which}; ${first.step}: ${error.message}` };
}

/** What failed it: whoever marks a step as failed says so. */
export function failureOf(mark: StepMark): StepError {
  return known(detailOf(mark).error, `step "${mark.step}" has failed of nothing`);
}
