/** The definitions a client was given: their handlers registered, the jobs to be found by name. */
import type { Engine, Registrable } from "../job/engine.ts";
import type { JobDefaults } from "../job/job-defaults.ts";
import { MillraceError } from "../model/errors.ts";
import type { JobDefinition } from "./define-job.ts";
import { handlerOf } from "./job-handler.ts";

/**
 * Registers what has a handler; gives the jobs by name.
 * @throws MillraceError `bad-config` for two jobs of one name.
 */
export function registerAll(
  all: readonly (JobDefinition | Registrable)[],
  { engine, defaults }: { readonly engine: Engine; readonly defaults: JobDefaults },
): ReadonlyMap<string, JobDefinition> {
  const definitions = new Map<string, JobDefinition>();
  for (const definition of all) {
    if ("register" in definition) {
      definition.register(engine);
      continue;
    }
    if (definitions.has(definition.name)) {
      throw new MillraceError(
        "bad-config",
        `two jobs are named "${definition.name}"; give each its own name`,
      );
    }
    definitions.set(definition.name, definition);
    // The module of an isolated one has its run.
    if (definition.hasRun || definition.isolation !== undefined)
      engine.registry.add(handlerOf(definition, defaults));
  }
  return definitions;
}

/** @throws MillraceError `not-found` */
export function named(definitions: ReadonlyMap<string, JobDefinition>, name: string): JobDefinition {
  const definition = definitions.get(name);
  if (definition !== undefined) return definition;
  throw new MillraceError(
    "not-found",
    `no job is named "${name}"; list its definition in createMillrace.jobs`,
  );
}
