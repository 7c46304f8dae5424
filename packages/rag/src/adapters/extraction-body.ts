/** Extracted documents as the bytes they are kept as: deflated JSON. */
import { promisify } from "node:util";
import { constants, deflate, inflate } from "node:zlib";
import type { ExtractedDocument } from "../ports/extractor.ts";

const deflated = promisify(deflate) as (bytes: Buffer, options: { level: number }) => Promise<Buffer>; // its overload
const inflated = promisify(inflate) as (bytes: Uint8Array) => Promise<Buffer>; // its overload

/** Text shrinks to about a third. Best speed: off this thread, and done before the next page is parsed. */
export function bodyOf(document: ExtractedDocument): Promise<Buffer> {
  return deflated(Buffer.from(JSON.stringify(document)), { level: constants.Z_BEST_SPEED });
}

/** What {@link bodyOf} was given. */
export async function extractedOf(body: Uint8Array): Promise<ExtractedDocument> {
  return JSON.parse((await inflated(body)).toString()) as ExtractedDocument; // written by bodyOf
}
