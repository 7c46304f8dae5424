/** Cuts a partitioned step, and lines up those of its partitions that are still to be worked on. */
import { encodeJson, type Json } from "../../model/json.ts";
import { isName, MAX_NAME_LENGTH } from "../../model/options.ts";
import type { StepMark, StepRow } from "../../model/step.ts";
import type { StepInput } from "../definition.ts";
import type { Partitioner, StepDefinition } from "../pipeline/step-definition.ts";
import { detailOf, detailText } from "../run/step-detail.ts";
import { StepFailed } from "../run/step-error.ts";
import { partName } from "../steps/execution.ts";
import { partitionRows } from "../steps/partition-rows.ts";
import type { Pass } from "./pass.ts";

const MAX_PARTITIONS = 10_000;

/** A step with what cuts it into partitions. */
export type PartitionedStep = StepDefinition & { readonly partitioner: Partitioner };

/** Whether it has partitions. */
export function isPartitioned(step: StepDefinition): step is PartitionedStep {
  return step.partitioner !== undefined;
}

/**
 * Has every partition that is to run in this start wait in a row of its own; gives how many the step has. They are cut
 * once, in one write: restarts go on with them, and so does another attempt of the coordinator.
 */
export async function lineUp(
  pass: Pass,
  step: PartitionedStep,
  at: StepInput<unknown, unknown>,
): Promise<number> {
  const row = pass.look.steps.get(step.name);
  const { partitions } = detailOf(row);
  if (partitions === undefined) return cut(pass, step, at);
  const marks = await unfinished(pass, step, row);
  if (marks.length > 0) await pass.ctx.save({ marks });
  return partitions;
}

async function cut(
  { ctx, look }: Pass,
  { name, partitioner }: PartitionedStep,
  at: StepInput<unknown, unknown>,
): Promise<number> {
  const given = entriesOf(name, await partitioner.partitions(at));
  refuseBad(name, given);
  const text = encodeJson(given, `partitions of step "${name}"`);
  const entries = JSON.parse(text) as readonly (readonly [string, Json])[]; // what encodeJson wrote
  const run = look.row.id;
  const row = look.steps.get(name);
  const detail = detailText({ ...detailOf(row), partitions: entries.length });
  const whole: StepMark = {
    run,
    step: name,
    state: row?.state ?? "pending",
    starts: row?.starts ?? 0,
    detail,
  };
  const parts = entries.map(([part, context], place): StepMark => {
    const partition = { at: place, context };
    return {
      run,
      step: partName(name, part),
      state: "pending",
      starts: 0,
      detail: detailText({ partition }),
    };
  });
  await ctx.save({ marks: [whole, ...parts] });
  return entries.length;
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

/** Marks of the partitions that no earlier start has completed and that do not wait yet. */
async function unfinished(
  { parts, look, payload }: Pass,
  { name }: PartitionedStep,
  whole: StepRow | undefined,
): Promise<readonly StepMark[]> {
  const done = new Set(payload.only === "failed" ? ["completed"] : ["completed", "partial"]);
  const isAgain = whole?.state === "completed";
  const marks: StepMark[] = [];
  for await (const rows of partitionRows(parts.store, { run: look.row.id, step: name })) {
    for (const { row } of rows) {
      const { run, step, state, starts, detail } = row;
      if (state === "pending" || (done.has(state) && !isAgain)) continue;
      marks.push({ run, step, state: "pending", starts, detail });
    }
  }
  return marks;
}

/** Partitions that wait in the checkpoint; the others do so in their rows only. */
const IN_LINE = 500;

/** Those that wait, in order. */
export interface Line {
  readonly waiting: readonly string[];
  /** How many wait behind those. */
  readonly behind: number;
}

/** The line, with at least `room` partitions where there are as many. */
export async function inLine(
  { parts, look }: Pass,
  { name }: PartitionedStep,
  { line, room }: { readonly line: Line; readonly room: number },
): Promise<Line> {
  if (line.waiting.length >= room || line.behind === 0) return line;
  const all: { readonly at: number; readonly name: string }[] = [];
  const filter = { run: look.row.id, step: name, states: ["pending"] } as const;
  for await (const rows of partitionRows(parts.store, filter))
    all.push(...rows.map(({ at, row }) => ({ at, name: row.step })));
  const names = all.toSorted((a, b) => a.at - b.at).map((each) => each.name);
  const waiting = names.slice(0, Math.max(room, IN_LINE));
  return { waiting, behind: names.length - waiting.length };
}
