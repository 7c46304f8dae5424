/** A definition with a run, as the worker runs it. */
import type { ChildRequest } from "../job/child.ts";
import type { JobContext } from "../job/context.ts";
import type { JobDefaults } from "../job/job-defaults.ts";
import type { Handler } from "../job/registry.ts";
import { childJob } from "./child-job.ts";
import type { JobDefinition } from "./define-job.ts";
import type { HandlerContext } from "./handler-context.ts";
import { parseInput } from "./validate.ts";

/** A transaction left open for long keeps locks, dead rows and a connection. */
const TRANSACTION_TIMEOUT_MS = 30_000;

/** The handler of a definition that says how its jobs are run. */
export function handlerOf(definition: JobDefinition, defaults: JobDefaults): Handler {
  const { name, queue, retry, transactional, isolation, input, on } = definition;
  const timeoutMs = definition.timeoutMs ?? (transactional ? TRANSACTION_TIMEOUT_MS : undefined);
  return Object.freeze({
    name,
    queue,
    retry,
    timeoutMs,
    isTransactional: transactional,
    isolation,
    on,
    ...(input === undefined ? {} : { validate: (payload: unknown) => parseInput(name, input, payload) }),
    newChild: (request: ChildRequest) => childJob(request, defaults),
    run: (parsed: unknown, ctx: JobContext) => definition.run(parsed, ctx as HandlerContext), // newChild makes it one
  });
}
