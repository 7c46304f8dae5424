/** The jobs that carry a chunk's items. */
import type { NewJob } from "../../model/job.ts";
import { unfitness } from "../../model/json.ts";
import { BadItem } from "../bad-item.ts";
import { unfitItem } from "../pipeline/place-item.ts";
import type { Placed } from "../placed.ts";
import { type ChunkPayload, chunkJob } from "../run-jobs.ts";
import type { Loop } from "./loop.ts";

/** Makes of items what a chunk's job carries of them. */
export type Pack = (part: readonly Placed<unknown>[]) => Omit<ChunkPayload, "step">;

/**
 * A job for the part; several, where its items are more than one job's value can hold. An item that no job can carry,
 * for it is too large or no JSON, goes as a bad one: it fails alone, and nothing else for it.
 */
export function chunkJobs(loop: Loop, part: readonly Placed<unknown>[], pack: Pack): readonly NewJob[] {
  const { parts, look, step, chunks } = loop;
  const { name } = parts.definition;
  const payload = { step: step.step, ...pack(part) };
  const error = unfitness(payload.items, `a chunk of step "${step.step}" of ${name}`);
  if (error === undefined) return [chunkJob({ ...look.row, definition: name }, payload, chunks.maxRescues)];
  const fitting = part.length === 1 ? part.map((placed) => unfitItem(placed, error)) : part.map(fitted);
  const isMended = fitting.some((placed, at) => placed !== part[at]);
  return (isMended ? [fitting] : halves(part)).flatMap((each) => chunkJobs(loop, each, pack));
}

/** The item, or what takes its place. */
function fitted(placed: Placed<unknown>): Placed<unknown> {
  if (placed.item instanceof BadItem) return placed;
  const error = unfitness(placed.item, "the item");
  return error === undefined ? placed : unfitItem(placed, error);
}

function halves<T>(all: readonly T[]): readonly (readonly T[])[] {
  const half = Math.ceil(all.length / 2);
  return [all.slice(0, half), all.slice(half)];
}
