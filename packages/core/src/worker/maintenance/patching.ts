/** Patches the payload of a job that is to run again, and sees that its definition still takes it. */
import type { Registry } from "../../job/registry.ts";
import { openEnvelope, sealEnvelope } from "../../model/envelope.ts";
import { encodeJson, type Json } from "../../model/json.ts";
import { mergePatch } from "../../model/merge-patch.ts";
import { messageOf } from "../../model/message-of.ts";
import type { OperationMember, OperationWork } from "../../store/operation-store.ts";

/** Longest text that is kept of why a job cannot be patched. */
const MAX_MESSAGE_LENGTH = 500;

/** A member with its envelope, as those of an operation with a patch are given. */
export type Patchable = Omit<OperationMember, "envelope"> & { readonly envelope: string };

/**
 * The member with its payload patched. Where the result is too large, cannot be kept, or is not what the schema of a job
 * defined here takes, the member says so as its problem; jobs defined elsewhere are looked at before they run.
 */
export async function patchedMember(
  { id, generation, name, envelope }: Patchable,
  patch: Json,
  registry: Pick<Registry, "get">,
): Promise<OperationWork> {
  try {
    const { payload, ...rest } = openEnvelope(envelope);
    const patched = mergePatch(payload, patch);
    encodeJson(patched, `patched input of job "${name}"`);
    await registry.get(name)?.validate?.(patched);
    return { id, generation, envelope: sealEnvelope({ ...rest, payload: patched }) };
  } catch (error) {
    return { id, generation, problem: problemOf(error) };
  }
}

/** In a form that every store can keep. */
function problemOf(error: unknown): string {
  const message = messageOf(error);
  return message.replaceAll("\0", "").slice(0, MAX_MESSAGE_LENGTH).toWellFormed();
}
