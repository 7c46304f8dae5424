/** The jobs that carry a chunk's items. */
import { MillraceError } from "../../model/errors.ts";
import type { NewJob } from "../../model/job.ts";
import { encodeJson } from "../../model/json.ts";
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
  try {
    return [jobOf(loop, part, pack)];
  } catch (error) {
    if (!isUnfit(error)) throw error;
    return split(loop, part.map(fitted), pack);
  }
}

/** By halves, until each is small enough. */
function split(loop: Loop, part: readonly Placed<unknown>[], pack: Pack): readonly NewJob[] {
  try {
    return [jobOf(loop, part, pack)];
  } catch (error) {
    if (!isUnfit(error)) throw error;
    const [first] = part;
    if (first !== undefined && part.length === 1) return [jobOf(loop, [unfitItem(first, error)], pack)];
    const half = Math.ceil(part.length / 2);
    return [...split(loop, part.slice(0, half), pack), ...split(loop, part.slice(half), pack)];
  }
}

function jobOf({ parts, look, step, chunks }: Loop, part: readonly Placed<unknown>[], pack: Pack): NewJob {
  const owner = { ...look.row, definition: parts.definition.name };
  return chunkJob(owner, { step: step.step, ...pack(part) }, chunks.maxRescues);
}

/** The item, or what takes its place. */
function fitted(placed: Placed<unknown>): Placed<unknown> {
  if (placed.item instanceof BadItem) return placed;
  try {
    encodeJson(placed.item, "the item");
    return placed;
  } catch (error) {
    if (!isUnfit(error)) throw error;
    return unfitItem(placed, error);
  }
}

function isUnfit(error: unknown): error is MillraceError {
  return error instanceof MillraceError && (error.code === "too-large" || error.code === "not-serialisable");
}
