/** Whether a run that is restarted can go on by the definition there is now. */
import type { RunId } from "../../model/ids.ts";
import { everyPage } from "../../store/every-page.ts";
import type { Store } from "../../store/store.ts";
import type { PipelineDefinition } from "../pipeline/pipeline-definition.ts";
import type { RunLook } from "../run/run-looks.ts";
import type { RunError } from "../run/step-error.ts";
import { stepOfExecution } from "../steps/execution.ts";

const PAGE = 1_000;

/** What fails the restart: a step that has begun, and that the definition has no more. */
export async function misfit(
  { definition, store }: { readonly definition: PipelineDefinition; readonly store: Pick<Store, "steps"> },
  { row }: RunLook,
): Promise<RunError | undefined> {
  const names = new Set(definition.steps.map(({ name }) => name));
  for await (const step of begunSteps(store, row.id)) {
    if (names.has(step)) continue;
    const message =
      `step "${step}" has begun in this run, which was started${by(row.version)}, and "${definition.name}" has no such ` +
      `step${by(definition.version)}; restart it with a program that has, or start a new run`;
    return { class: "validation", reason: "definition-changed", message, step };
  }
  return undefined;
}

async function* begunSteps(store: Pick<Store, "steps">, run: RunId): AsyncGenerator<string> {
  for await (const rows of everyPage(PAGE, (page) => store.steps({ run }, page)))
    yield* rows.filter(({ starts }) => starts > 0).map(({ step }) => stepOfExecution(step));
}

function by(version: string | undefined): string {
  return version === undefined ? "" : ` by version "${version}"`;
}
