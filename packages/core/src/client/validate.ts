/** Holding inputs to their Standard Schema. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { ClassedError, MillraceError } from "../model/errors.ts";

type Issues = readonly StandardSchemaV1.Issue[];
const SHOWN_ISSUES = 5;

/**
 * Checks an input before it is enqueued; its own form is kept, not the schema's output.
 * @throws MillraceError `bad-input` with the issues; rejects with it where the schema is asynchronous.
 */
export function checkInput(
  name: string,
  schema: StandardSchemaV1 | undefined,
  input: unknown,
  ...what: What
): Promise<void> | undefined {
  if (schema === undefined) return undefined;
  const result = schema["~standard"].validate(input);
  if (result instanceof Promise) return result.then((settled) => refuse(name, settled, ...what));
  refuse(name, result, ...what);
  return undefined;
}

/** What is held to the schema: the input of a job where left out. */
type What = [what?: "parameters"];

function titleOf(name: string, [what]: What): string {
  return what === undefined ? `input of job "${name}"` : `${what} of "${name}"`;
}

function refuse(name: string, result: StandardSchemaV1.Result<unknown>, ...what: What): void {
  if (result.issues === undefined) return;
  const issues = result.issues.map(({ message, path }) => ({ message, path: pathOf(path) }));
  throw new MillraceError("bad-input", `${titleOf(name, what)}: ${shown(result.issues)}`, {
    details: { job: name, issues },
  });
}

/**
 * Turns a payload into what `run` takes.
 * @throws ClassedError of class validation; rejects with it where the schema is asynchronous.
 */
export function parseInput(
  name: string,
  schema: StandardSchemaV1,
  payload: unknown,
  ...what: What
): unknown {
  const result = schema["~standard"].validate(payload);
  if (result instanceof Promise) return result.then((settled) => parsed(name, settled, ...what));
  return parsed(name, result, ...what);
}

function parsed(name: string, result: StandardSchemaV1.Result<unknown>, ...what: What): unknown {
  if (result.issues === undefined) return result.value;
  throw new ClassedError("validation", "input", `${titleOf(name, what)}: ${shown(result.issues)}`);
}

function shown(issues: Issues): string {
  const texts = issues.slice(0, SHOWN_ISSUES).map(({ message, path }) => {
    const place = pathOf(path);
    return place === "" ? message : `${place}: ${message}`;
  });
  if (issues.length > SHOWN_ISSUES) texts.push(`${issues.length - SHOWN_ISSUES} more`);
  return texts.join("; ");
}

function pathOf(path: StandardSchemaV1.Issue["path"]): string {
  return (path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".");
}
