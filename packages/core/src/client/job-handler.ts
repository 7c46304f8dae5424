/** A definition with a run, as the worker runs it. */
import type { Handler } from "../job/registry.ts";
import type { JobDefinition } from "./define-job.ts";
import { parseInput } from "./validate.ts";

/** The handler of a definition that says how its jobs are run. */
export function handlerOf(definition: JobDefinition): Handler {
  const { name, queue, retry, timeoutMs, input, on } = definition;
  return Object.freeze({
    name,
    queue,
    retry,
    timeoutMs,
    on,
    ...(input === undefined ? {} : { validate: (payload: unknown) => parseInput(name, input, payload) }),
    run: (parsed: unknown, ctx: Parameters<Handler["run"]>[1]) => definition.run(parsed, ctx),
  });
}
