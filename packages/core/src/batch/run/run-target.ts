/** What a schedule starts: a run of one instance of a pipeline, with its coordinator. */
import { encodeJson } from "../../model/json.ts";
import { withoutUndefined } from "../../model/options.ts";
import type { RunTarget } from "../../model/schedule.ts";
import { definitionOf } from "../pipeline/build-pipeline.ts";
import type { Startable } from "../pipeline/pipeline.ts";
import { coordinatorJob } from "../run-jobs.ts";
import { newRun, type StartOptions } from "./start-run.ts";

/** The target. @throws MillraceError as `start` does. */
export async function runTarget(
  pipeline: Startable<unknown>,
  params: unknown,
  options: StartOptions | undefined,
): Promise<RunTarget> {
  const { id, ...run } = await newRun(definitionOf(pipeline), params, options);
  const { queue, name, tenant, priority, maxRescues } = coordinatorJob({ id, ...run }, {});
  const { submittedBy, correlationId } = run;
  return {
    kind: "run",
    run,
    coordinator: {
      ...{ queue, name, tenant, priority, maxRescues },
      payload: encodeJson({}, "a coordinator's payload"),
      rest: withoutUndefined({ submittedBy, correlationId }),
    },
  };
}
