/** What a partitioned step is, of what its partitions are. */
import type { Json } from "../../model/json.ts";
import type { StepRow } from "../../model/step.ts";
import type { StepDefinition } from "../pipeline/step-definition.ts";
import { detailOf, detailText } from "../run/step-detail.ts";
import type { StepError } from "../run/step-error.ts";
import { partName } from "../steps/execution.ts";
import type { Pass } from "./pass.ts";

/** An execution that has ended. */
export type Ended = Pick<StepRow, "step" | "state" | "detail">;

/** Failed where a partition is, else partial where one is; with the run's context as they leave it, in their order. */
export async function wholeOf(
  pass: Pass,
  step: StepDefinition,
  ended: ReadonlyMap<string, Ended>,
): Promise<Ended> {
  const detail = detailOf(pass.look.steps.get(step.name));
  const names = (detail.partitions ?? []).map(([part]) => partName(step.name, part));
  const failed: Ended[] = [];
  const run = new Map<string, Json>();
  let isPartial = false;
  for await (const each of executions(pass, names, ended)) {
    if (each.state === "failed" || each.state === "cancelled") failed.push(each);
    isPartial ||= each.state === "partial";
    for (const [key, value] of Object.entries(detailOf(each).run ?? {})) run.set(key, value);
  }
  const error = errorOf(failed, names.length);
  const state = isPartial ? "partial" : "completed";
  return {
    step: step.name,
    state: error === undefined ? state : "failed",
    detail: detailText({ ...detail, run: Object.fromEntries(run), error }),
  };
}

const PAGE = 1_000;

/** In the order of their names; as they ended just now, else as they are stored. */
async function* executions(
  { parts, look }: Pass,
  names: readonly string[],
  ended: ReadonlyMap<string, Ended>,
): AsyncGenerator<Ended> {
  for (let at = 0; at < names.length; at += PAGE) {
    const steps = names.slice(at, at + PAGE);
    const { rows } = await parts.store.steps({ run: look.row.id, steps }, { limit: PAGE });
    const all = new Map<string, Ended>([...rows.map((row) => [row.step, row] as const), ...ended]);
    for (const name of steps) {
      const each = all.get(name);
      if (each !== undefined) yield each;
    }
  }
}

function errorOf(failed: readonly Ended[], of: number): StepError | undefined {
  const [first] = failed;
  if (first === undefined) return undefined;
  const error = failureOf(detailOf(first).error);
  const which = `${failed.length} of ${of} partitions failed`;
  return { ...error, message: `${which}; ${first.step}: ${error.message}` };
}

/** What is said of a step that failed without a word. */
export function failureOf(error: StepError | undefined): StepError {
  return error ?? { class: "processing", message: "the step failed" };
}
