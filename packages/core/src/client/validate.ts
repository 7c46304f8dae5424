/** Holding inputs to their Standard Schema. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { ClassedError, MillraceError } from "../model/errors.ts";

type Issues = readonly StandardSchemaV1.Issue[];
const SHOWN_ISSUES = 5;

/** Whose input is checked: that of the job of this name, or the parameters of a pipeline. */
export type Checked = string | { readonly parametersOf: string };

/**
 * Checks an input before it is enqueued; its own form is kept, not the schema's output.
 * @throws MillraceError `bad-input` with the issues; rejects with it where the schema is asynchronous.
 */
export function checkInput(
  checked: Checked,
  schema: StandardSchemaV1 | undefined,
  input: unknown,
): Promise<void> | undefined {
  if (schema === undefined) return undefined;
  const result = schema["~standard"].validate(input);
  if (result instanceof Promise) return result.then((settled) => refuse(checked, settled));
  refuse(checked, result);
  return undefined;
}

function refuse(checked: Checked, result: StandardSchemaV1.Result<unknown>): void {
  if (result.issues === undefined) return;
  const issues = result.issues.map(({ message, path }) => ({ message, path: pathOf(path) }));
  const job = typeof checked === "string" ? checked : checked.parametersOf;
  throw new MillraceError("bad-input", `${titleOf(checked)}: ${shown(result.issues)}`, {
    details: { job, issues },
  });
}

/**
 * Turns a payload into what `run` takes.
 * @throws ClassedError of class validation; rejects with it where the schema is asynchronous.
 */
export function parseInput(checked: Checked, schema: StandardSchemaV1, payload: unknown): unknown {
  const result = schema["~standard"].validate(payload);
  if (result instanceof Promise) return result.then((settled) => parsed(checked, settled));
  return parsed(checked, result);
}

function parsed(checked: Checked, result: StandardSchemaV1.Result<unknown>): unknown {
  if (result.issues === undefined) return result.value;
  throw new ClassedError("validation", "input", `${titleOf(checked)}: ${shown(result.issues)}`);
}

function titleOf(checked: Checked): string {
  return typeof checked === "string"
    ? `input of job "${checked}"`
    : `parameters of "${checked.parametersOf}"`;
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
