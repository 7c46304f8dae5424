/** What embeds a question: the model that a collection was embedded with, as the configuration has it. */
import { MillraceError } from "@millrace/core";
import type { Embedder, Holds } from "@millrace/rag";
import { configuredModels } from "../../models.ts";
import type { OpenHome, Shell } from "../shell.ts";

/** An embedder until `close`. */
export interface QuestionEmbedder {
  readonly embedder: Embedder;
  close(): Promise<void>;
}

/** The collection asked, and where endpoints' limits are kept. */
export interface QuestionAt {
  readonly collection: string;
  readonly holds: Holds;
}

/** Of a collection that is not there, an embedder that nobody will ask. */
export async function collectionEmbedder(
  { settings }: Shell,
  { collections }: OpenHome,
  { collection, holds }: QuestionAt,
): Promise<QuestionEmbedder> {
  const [models, shape] = await Promise.all([
    configuredModels(settings, { holds }),
    collections.shape(collection),
  ]);
  const close = (): Promise<void> => models.close();
  if (shape === undefined || models.names.includes(shape.model)) {
    return { embedder: models.embedder(shape?.model ?? DEFAULT_MODEL), close };
  }
  const { model, dimensions } = shape;
  const maxima = { maxInputs: 1, maxTokensPerInput: 1 };
  const embed = (): Promise<never> => Promise.reject(unconfigured(collection, model, models.names));
  return { embedder: { model, dimensions, ...maxima, embed }, close };
}

const DEFAULT_MODEL = "hash-lexical-v1";

/** A search by words alone still works, so that this is said only where a vector is needed. */
function unconfigured(collection: string, model: string, known: readonly string[]): MillraceError {
  return new MillraceError(
    "collection-mismatch",
    `collection "${collection}" was embedded by ${model}, which is not configured (there are ${known.join(", ")}): ` +
      `configure it as models.${model}, or search by words with --mode text`,
    { details: { collection, model, known } },
  );
}
