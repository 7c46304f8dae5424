/** Parameters of an ingest, and their check. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { CLEANUP_MODES, type CleanupMode } from "./cleanup-mode.ts";

/** Parameters of a run. */
export interface IngestParams {
  readonly collection: string;
  /** From `canonicalRoots`. */
  readonly roots: readonly string[];
  /** What leaves the collection; `scoped-full` where left out. */
  readonly cleanup?: CleanupMode | undefined;
}

/** Their schema. */
export const INGEST_PARAMS: StandardSchemaV1<IngestParams> = {
  "~standard": {
    version: 1,
    vendor: "millrace",
    validate: (value) => {
      const issues = issuesOf(value);
      return issues.length > 0 ? { issues } : { value: value as IngestParams }; // checked
    },
  },
};

function issuesOf(value: unknown): readonly StandardSchemaV1.Issue[] {
  const { collection, roots, cleanup } = (value ?? {}) as Readonly<Record<string, unknown>>; // whatever it is
  const isCollection = typeof collection === "string" && collection !== "";
  const areRoots =
    Array.isArray(roots) && roots.length > 0 && roots.every((root) => typeof root === "string");
  const isMode = cleanup === undefined || CLEANUP_MODES.some((mode) => mode === cleanup);
  return [
    ...(isCollection ? [] : [{ path: ["collection"], message: "must be the name of a collection" }]),
    ...(areRoots ? [] : [{ path: ["roots"], message: "must be a list of paths" }]),
    ...(isMode ? [] : [{ path: ["cleanup"], message: `must be one of ${CLEANUP_MODES.join(", ")}` }]),
  ];
}
