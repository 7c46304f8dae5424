/** Cuts a partitioned step: its partitions with their contexts, and which of them are still to be worked on. */
import { encodeJson, type Json } from "../../model/json.ts";
import { isName, MAX_NAME_LENGTH } from "../../model/options.ts";
import type { StepInput } from "../definition.ts";
import type { StepDefinition } from "../pipeline/step-definition.ts";
import { detailOf, type StepDetail } from "../run/step-detail.ts";
import { StepFailed } from "../run/step-error.ts";
import { partName } from "../steps/execution.ts";
import type { Pass } from "./pass.ts";

/** Partitions in order, each with its context. */
export type KeptPartitions = NonNullable<StepDetail["partitions"]>;

const MAX_PARTITIONS = 10_000;
const PAGE = 1_000;

/**
 * The step's partitions; `undefined` where it has none. What an earlier start has cut is kept: a restart goes on with
 * that.
 */
export async function partitionsOf(
  { look }: Pass,
  { name, partitioner }: StepDefinition,
  at: StepInput<unknown, unknown>,
): Promise<KeptPartitions | undefined> {
  if (partitioner === undefined) return undefined;
  const kept = detailOf(look.steps.get(name)).partitions;
  if (kept !== undefined) return kept;
  const entries = entriesOf(name, await partitioner.partitions(at));
  refuseBad(name, entries);
  const text = encodeJson(entries, `partitions of step "${name}"`);
  return JSON.parse(text) as readonly (readonly [string, Json])[]; // what encodeJson wrote
}

/** A list names nothing, and what is no object must not pass for one without partitions. */
function entriesOf(step: string, given: unknown): readonly (readonly [unknown, unknown])[] {
  if (given instanceof Map) return [...given];
  if (typeof given === "object" && given !== null && !Array.isArray(given)) return Object.entries(given);
  const what = Array.isArray(given) ? "a list" : String(given).slice(0, MAX_NAME_LENGTH);
  const message = `step "${step}" was given ${what} for its partitions; it takes an object or a Map with a context under each name`;
  throw new StepFailed({ class: "validation", reason: "bad-partitions", message });
}

function refuseBad(step: string, entries: readonly (readonly [unknown, unknown])[]): void {
  const bad = entries.find(([name]) => !isPartitionName(name));
  if (bad === undefined && entries.length <= MAX_PARTITIONS) return;
  const message =
    bad === undefined
      ? `step "${step}" has ${entries.length} partitions; ${MAX_PARTITIONS} are the most`
      : `step "${step}" has a partition named "${String(bad[0]).slice(0, MAX_NAME_LENGTH)}"; names are 1 to ${MAX_NAME_LENGTH} printable characters without a slash`;
  throw new StepFailed({ class: "validation", reason: "bad-partitions", message });
}

/** As of steps: part of keys in every store, and of what people are shown. */
function isPartitionName(name: unknown): boolean {
  return isName(name) && !name.includes("/");
}

/** The executions of partitions that no earlier start has completed. */
export async function unfinished(
  { parts, look, payload }: Pass,
  step: StepDefinition,
  partitions: KeptPartitions,
): Promise<readonly string[]> {
  const names = partitions.map(([part]) => partName(step.name, part));
  const row = look.steps.get(step.name);
  if (row === undefined || row.state === "completed") return names;
  const states = payload.only === "failed" ? (["completed"] as const) : (["completed", "partial"] as const);
  const done = new Set<string>();
  for (let at = 0; at < names.length; at += PAGE) {
    const steps = names.slice(at, at + PAGE);
    const page = await parts.store.steps({ run: look.row.id, steps, states }, { limit: steps.length });
    for (const each of page.rows) done.add(each.step);
  }
  return names.filter((name) => !done.has(name));
}
