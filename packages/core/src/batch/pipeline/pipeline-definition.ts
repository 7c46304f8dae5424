/** A pipeline as the engine runs it: checked data and the functions of its steps. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Priority } from "../../model/job.ts";
import type { RunListeners } from "../listeners.ts";
import type { StepDefinition } from "./step-definition.ts";

/** What a pipeline's builder gathers. */
export interface PipelineDefinition {
  readonly name: string;
  readonly queue: string;
  readonly priority: Priority;
  readonly version: string | undefined;
  /** Names of the identifying parameters; all where left out. */
  readonly identity: readonly string[] | undefined;
  readonly rerun: boolean;
  readonly schema: StandardSchemaV1 | undefined;
  readonly on: RunListeners;
  readonly steps: readonly StepDefinition[];
}
