/** Parameters of runs: held to their schema, and the part of them that names the instance. */
import { createHash } from "node:crypto";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { checkInput, parseInput } from "../../client/validate.ts";
import { canonicalJson } from "../../model/canonical-json.ts";
import { ClassedError, MillraceError } from "../../model/errors.ts";
import { encodeJson, type Json } from "../../model/json.ts";
import type { PipelineDefinition } from "../pipeline/pipeline-definition.ts";

/** What is kept of a run's parameters. */
export interface KeptParams {
  /** JSON text of all of them, as they were given. */
  readonly params: string;
  /** Equal for equal identifying parameters. */
  readonly instance: string;
}

/**
 * Checks what `start` was given.
 * @throws MillraceError `bad-input` with the issues, also where an identifying parameter is missing; `not-serialisable`,
 * `too-large`.
 */
export async function keptParams(
  { name, schema, identity }: Pick<PipelineDefinition, "name" | "schema" | "identity">,
  given: unknown = {},
): Promise<KeptParams> {
  await checkInput({ parametersOf: name }, schema, given);
  const params = encodeJson(given, `${name} parameters`);
  const all = JSON.parse(params) as Json; // what encodeJson wrote
  return { params, instance: instanceOf(identity === undefined ? all : identifying(name, identity, all)) };
}

/** With the longest names of definition and tenant it still fits into a store's index. */
const MAX_INSTANCE_BYTES = 1_000;

/** The parameters themselves, where they are longer their digest. */
function instanceOf(params: Json): string {
  const text = canonicalJson(params);
  if (Buffer.byteLength(text) <= MAX_INSTANCE_BYTES) return text;
  return `sha256-${createHash("sha256").update(text).digest("hex")}`;
}

function identifying(name: string, identity: readonly string[], params: Json): Json {
  return Object.fromEntries(
    identity.map((key) => {
      if (typeof params === "object" && params !== null && Object.hasOwn(params, key)) {
        return [key, (params as Readonly<Record<string, Json>>)[key] ?? null]; // an object, or a list without it
      }
      const message = `parameters of "${name}": "${key}" names the instance and is missing`;
      throw new MillraceError("bad-input", message, {
        details: { job: name, issues: [{ message: "is missing", path: key }] },
      });
    }),
  );
}

/** The schema of this program refuses the parameters that a run was started with by another. */
export class BadParams extends ClassedError {
  constructor(refusal: string) {
    const advice = "have one go on with it that takes them, or start a new run";
    const message = `${refusal}; this program's schema refuses what the run was started with: ${advice}`;
    super("validation", "bad-params", message);
    this.name = "BadParams";
  }
}

/** What the steps get. @throws BadParams */
export async function parseParams(
  name: string,
  schema: StandardSchemaV1 | undefined,
  params: unknown,
): Promise<unknown> {
  if (schema === undefined) return params;
  try {
    return await parseInput({ parametersOf: name }, schema, params);
  } catch (error) {
    throw error instanceof ClassedError ? new BadParams(error.message) : error;
  }
}
