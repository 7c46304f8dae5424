/** Children a handler enqueues: made like any other job, with what they inherit. */
import type { ChildRequest, NewChild } from "../job/child.ts";
import type { JobDefaults } from "../job/job-defaults.ts";
import { badOption } from "../model/options.ts";
import type { JobDefinition } from "./define-job.ts";
import type { ChildOptions } from "./handler-context.ts";
import { jobTemplate, newJob } from "./new-job.ts";
import { checkInput } from "./validate.ts";

/** Somebody waits for children: they expire only where they say so themselves. */
const NO_TTLS: JobDefaults["ttlsMs"] = new Map();

/**
 * Makes a child.
 * @throws MillraceError `bad-input`, `bad-config`, `not-serialisable`, `too-large`
 */
export function childJob(
  { definition, input, options, parent }: ChildRequest,
  { maxRescues }: Pick<JobDefaults, "maxRescues">,
): NewChild {
  const childOf = definition as JobDefinition; // HandlerContext takes nothing else
  if ("transaction" in options) {
    throw badOption(
      "enqueueChild.transaction",
      "given",
      "nothing: a child is written with its parent's write",
    );
  }
  const { tenant, correlationId, submittedBy } = parent;
  const own = options as ChildOptions; // HandlerContext takes nothing else, and jobTemplate checks it
  const inherited: ChildOptions = {
    ...own,
    tenant: own.tenant ?? tenant,
    correlationId: own.correlationId ?? correlationId,
    submittedBy: own.submittedBy ?? submittedBy,
  };
  const template = jobTemplate(childOf, inherited, { maxRescues, ttlsMs: NO_TTLS });
  const checking = checkInput(childOf.name, childOf.input, input);
  return { job: newJob(template, input), checking };
}
