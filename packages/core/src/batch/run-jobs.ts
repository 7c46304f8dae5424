/** The two kinds of job a run is made of: one coordinator, and a job for each chunk. */
import { openEnvelope, sealEnvelope } from "../model/envelope.ts";
import { newId, type RunId } from "../model/ids.ts";
import type { NewJob, Priority } from "../model/job.ts";
import { encodeJson, type Json } from "../model/json.ts";

/** What a coordinator's job carries. */
export interface RunPayload {
  readonly params: Json;
}

/** What a chunk's job carries. */
export interface ChunkPayload extends RunPayload {
  readonly items: readonly Json[];
}

/** Whose jobs they are. */
interface Owner {
  readonly run: RunId;
  readonly tenant: string;
}

interface Definition {
  readonly name: string;
  readonly queue: string;
  readonly maxRescues: number;
}

/** A coordinator runs no code that could take its worker down for good: its death is hardly held against it. */
const COORDINATOR_RESCUES = 1_000;

/** The class of chunks. */
export const CHUNK_PRIORITY: Priority = "default";

/** The job types of a batch. */
export function jobNames({ name }: Pick<Definition, "name">): {
  readonly coordinator: string;
  readonly chunk: string;
} {
  return { coordinator: `${name}/run`, chunk: `${name}/chunk` };
}

/** The job that runs the chunk loop; it goes before chunks, so that workers never wait for the reader. */
export function coordinatorJob(definition: Definition, payload: RunPayload, owner: Owner): NewJob {
  return {
    ...common(definition, owner),
    name: jobNames(definition).coordinator,
    priority: "high",
    maxRescues: COORDINATOR_RESCUES,
    envelope: sealEnvelope({ payload: { params: payload.params } }),
  };
}

/** The job of one chunk. @throws MillraceError `not-serialisable`, `too-large` for items JSON cannot hold. */
export function chunkJob(definition: Definition, payload: ChunkPayload, owner: Owner): NewJob {
  encodeJson(payload, `a chunk of ${definition.name}`);
  return {
    ...common(definition, owner),
    name: jobNames(definition).chunk,
    priority: CHUNK_PRIORITY,
    maxRescues: definition.maxRescues,
    envelope: sealEnvelope({ payload: { params: payload.params, items: payload.items } }),
  };
}

function common(
  definition: Definition,
  owner: Owner,
): Pick<NewJob, "id" | "queue" | "tenant" | "run" | "delayMs"> {
  return { id: newId(), queue: definition.queue, tenant: owner.tenant, run: owner.run, delayMs: 0 };
}

/** The items of a chunk job. */
export function itemsOfChunk(envelope: string): readonly Json[] {
  const { payload } = openEnvelope(envelope);
  return (payload as unknown as ChunkPayload).items; // made by chunkJob
}
