/** The refusal to mix vectors of different models, or read texts in two languages, in one collection. */
import { MillraceError } from "@millrace/core";
import type { CollectionShape, KnownShape } from "../ports/collections.ts";

/** @throws MillraceError `collection-mismatch` where a collection is not of the shape wanted. */
export function refuseOther(is: Omit<KnownShape, "name">, wanted: CollectionShape): void {
  const { name, model, dimensions, language = is.language } = wanted;
  if (is.model !== model || is.dimensions !== dimensions) {
    throw mismatch(
      wanted,
      `collection "${name}" holds ${is.dimensions}-dimensional vectors of ${is.model}; ` +
        `this run makes ${dimensions}-dimensional ones of ${model}: use another collection, remove this one, or swap it`,
      is,
    );
  }
  if (is.language !== language) {
    throw mismatch(
      wanted,
      `collection "${name}" reads its texts in ${is.language}, not in ${language}: use another collection or remove this one`,
      is,
    );
  }
}

/** The refusal to search by a vector of another model. */
export function otherModel(
  { name, model }: Pick<CollectionShape, "name" | "model">,
  asks: string,
): MillraceError {
  return new MillraceError(
    "collection-mismatch",
    `collection "${name}" was embedded by ${model}; this search would use ${asks}`,
  );
}

/** There is no such collection. */
export function notFound(name: string): MillraceError {
  return new MillraceError(
    "not-found",
    `there is no collection "${name}" in this store: see "millrace collections ls"`,
  );
}

/** No new version of the collection was begun. */
export function noSwap(name: string): MillraceError {
  return new MillraceError("not-found", `no swap of collection "${name}" is under way`);
}

/** A swap to the model that the collection has. */
export function sameModel({ name, model }: Pick<CollectionShape, "name" | "model">): MillraceError {
  return new MillraceError(
    "bad-input",
    `collection "${name}" is embedded by ${model} already: there is nothing to swap`,
  );
}

function mismatch(wanted: CollectionShape, message: string, has: object): MillraceError {
  return new MillraceError("collection-mismatch", message, {
    details: { collection: wanted.name, has, wanted },
  });
}
