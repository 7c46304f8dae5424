/** What bulk runs are started with, checked when they are. */
import type { StandardSchemaV1 } from "@standard-schema/spec";

/** Where a run's items are. */
export interface BulkSource {
  /** An NDJSON file, one item a line, where every worker of the queue finds it. */
  readonly file?: string | undefined;
  /** The folder of a sealed `Upload`. */
  readonly upload?: string | undefined;
}

/** Parameters of a run of bulk embedding. */
export interface BulkEmbedParams extends BulkSource {
  /** Where the vectors go; the model's own collection where left out. */
  readonly collection?: string | undefined;
}

/** Parameters of a run of bulk inserting. */
export interface BulkInsertParams extends BulkSource {
  readonly collection: string;
  /**
   * Whose vectors they are: a collection that is there must be of that model, a new one is; where left out, any may be there,
   * and a new one is of `external`.
   */
  readonly model?: string | undefined;
}

const EMBED_KEYS: readonly (keyof BulkEmbedParams)[] = ["file", "upload", "collection"];
const INSERT_KEYS: readonly (keyof BulkInsertParams)[] = ["file", "upload", "collection", "model"];

/** A schema of {@link BulkEmbedParams}. `hasReader`: the program reads items itself, so that no source has to be named. */
export function embedParams(hasReader: boolean): StandardSchemaV1<BulkEmbedParams> {
  return schemaOf<BulkEmbedParams>(EMBED_KEYS, { hasReader, required: [] });
}

/** A schema of {@link BulkInsertParams}. */
export function insertParams(hasReader: boolean): StandardSchemaV1<BulkInsertParams> {
  return schemaOf<BulkInsertParams>(INSERT_KEYS, { hasReader, required: ["collection"] });
}

interface Rules {
  readonly hasReader: boolean;
  readonly required: readonly string[];
}

function schemaOf<Params extends object>(
  keys: readonly (keyof Params & string)[],
  rules: Rules,
): StandardSchemaV1<Params> {
  return {
    "~standard": {
      version: 1,
      vendor: "millrace",
      validate: (value) => {
        const issues = issuesOf(value, keys, rules);
        return issues.length > 0 ? { issues } : { value: value as Params }; // every field was looked at
      },
    },
  };
}

function issuesOf(value: unknown, keys: readonly string[], rules: Rules): readonly StandardSchemaV1.Issue[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return [{ message: "it takes an object" }];
  }
  const fields = value as Readonly<Record<string, unknown>>; // an object
  const bad = Object.entries(fields).flatMap(([key, given]) => {
    if (!keys.includes(key)) return [{ path: [key], message: `it knows ${keys.join(", ")}` }];
    const fits = given === undefined || (typeof given === "string" && given !== "");
    return fits ? [] : [{ path: [key], message: "it takes a text that is not empty" }];
  });
  const missing = rules.required.filter((key) => fields[key] === undefined);
  return [
    ...bad,
    ...missing.map((key) => ({ path: [key], message: "it is missing" })),
    ...sourceIssues(fields, rules),
  ];
}

function sourceIssues({ file, upload }: BulkSource, { hasReader }: Rules): readonly StandardSchemaV1.Issue[] {
  if (file !== undefined && upload !== undefined) return [{ message: "name a file or an upload, not both" }];
  if (file !== undefined || upload !== undefined || hasReader) return [];
  return [{ path: ["file"], message: "name a file or an upload to read" }];
}
