/** How an error is told: one line for what was expected, a stack only when asked for. */
import { ClassedError, MillraceError, PutOffError } from "@millrace/core";
import { masked } from "../config/mask.ts";

/** What goes to stderr for an error. `verbose` adds stacks and causes. */
export function errorLines(error: unknown, verbose: boolean): string {
  const line = `error: ${oneLine(error)}`;
  if (verbose) return [line, ...stacksOf(error)].join("\n");
  if (isExpected(error)) return line;
  return `${line} (unexpected; -v shows where)`;
}

/** Ours, or what a model's endpoint has answered. */
function isExpected(error: unknown): boolean {
  return [MillraceError, ClassedError, PutOffError].some((kind) => error instanceof kind);
}

/** An error's message without line breaks and passwords. */
export function oneLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return masked(message.replaceAll(/\s*\n\s*/g, " ").trim());
}

function stacksOf(error: unknown): readonly string[] {
  const stacks: string[] = [];
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    stacks.push(`${depth === 0 ? "" : "caused by: "}${masked(at.stack ?? at.message)}`);
  }
  return stacks;
}
