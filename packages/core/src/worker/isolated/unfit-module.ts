/** What is said of a module that an isolated job names and cannot be run by. */
import type { Isolation } from "../../job/isolation.ts";
import { MillraceError } from "../../model/errors.ts";
import { messageOf } from "../../model/message-of.ts";

type Named = Pick<Isolation, "module">;

/** It cannot be loaded. */
export function unloadable({ module }: Named, cause: unknown): MillraceError {
  const message = `module ${module} of an isolated job cannot be loaded: ${messageOf(cause)}; Node itself loads it, with the environment that isolate.env lists and no other`;
  return new MillraceError("bad-config", message, { cause, details: { module } });
}

/** It takes too long. */
export function unloaded({ module }: Named, seconds: number): MillraceError {
  const message = `module ${module} of an isolated job was not loaded within ${seconds} s; have it do less when it is imported`;
  return new MillraceError("bad-config", message, { details: { module } });
}

/** It is loaded, and exports other jobs than this. */
export function lacking({ module }: Named, name: string, exports: readonly string[]): MillraceError {
  const has = exports.length === 0 ? "no job with a run" : exports.map((each) => `"${each}"`).join(", ");
  const message = `job "${name}" is isolated, and its module ${module} does not export it (it exports ${has}); export the definition, with its run, from there`;
  return new MillraceError("bad-config", message, { details: { job: name, module, exports } });
}
