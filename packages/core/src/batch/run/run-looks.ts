/** How a run stands, as the processes that work on it look at it: fresh, or as of a second ago. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { ClassedError } from "../../model/errors.ts";
import type { RunId } from "../../model/ids.ts";
import type { RunRow } from "../../model/run.ts";
import { type StepRow, stepScope } from "../../model/step.ts";
import type { Timing } from "../../runtime/timers.ts";
import type { Store } from "../../store/store.ts";
import type { PipelineDefinition } from "../pipeline/pipeline-definition.ts";
import { parseParams } from "./params.ts";

/** A run without what its executions have counted, which may be thousands. */
export type UncountedRun = Omit<RunRow, "counters">;

/** One look at a run. */
export interface RunLook {
  readonly row: UncountedRun;
  /** The run's parameters, as their schema gives them. */
  readonly params: unknown;
  /** Of the pipeline's steps and of the execution that was asked for, by name; those that have a row. */
  readonly steps: ReadonlyMap<string, StepRow>;
}

/** One look at a run for an execution of a step of it. */
export interface ExecutionLook extends RunLook {
  /** The execution's. */
  readonly counters: Readonly<Record<string, number>>;
}

/** How long a look is good for chunks, of which there may be thousands a second. */
const GOOD_FOR_MS = 1_000;
/** Looks kept at most. */
const KEPT = 1_000;

interface Kept {
  readonly atMs: number;
  readonly look: Promise<ExecutionLook>;
}

/** The looks of one process at the runs of one pipeline. */
export class RunLooks {
  readonly #definition: Pick<PipelineDefinition, "name" | "steps" | "schema">;
  readonly #store: Store;
  readonly #timing: Timing;
  readonly #kept = new Map<string, Kept>();

  constructor(
    definition: Pick<PipelineDefinition, "name" | "steps" | "schema">,
    { store, timing }: { readonly store: Store; readonly timing: Timing },
  ) {
    this.#definition = definition;
    this.#store = store;
    this.#timing = timing;
  }

  /** The run as it stands. @throws ClassedError of class not-found, BadParams for parameters of another schema. */
  fresh(run: RunId): Promise<RunLook> {
    return this.#look(run, []);
  }

  /** The same for an execution. @throws the same */
  async freshFor(run: RunId, execution: string): Promise<ExecutionLook> {
    const scope = stepScope({ run, step: execution });
    const look = await this.#look(run, [execution]);
    return { ...look, counters: (await this.#store.counters([scope]))[scope] ?? {} };
  }

  async #look(run: RunId, executions: readonly string[]): Promise<RunLook> {
    const row = await this.row(run);
    const names = [...new Set([...this.#definition.steps.map(({ name }) => name), ...executions])];
    const [params, steps] = await Promise.all([
      paramsOf(this.#definition.schema, row),
      this.#store.steps({ run, steps: names }, { limit: Math.max(names.length, 1) }),
    ]);
    return { row, params, steps: new Map(steps.rows.map((step) => [step.step, step])) };
  }

  /** Only its row. @throws ClassedError of class not-found. */
  async row(run: RunId): Promise<UncountedRun> {
    const [row] = (await this.#store.findRuns({ ids: [run] }, { limit: 1, counters: false })).rows;
    if (row === undefined) throw new ClassedError("not-found", "run-gone", `there is no run ${run} any more`);
    return row;
  }

  /** The look, at most a second old, and looked at once for all who ask in that time. */
  recent(run: RunId, execution: string): Promise<ExecutionLook> {
    const key = `${run} ${execution}`;
    const now = this.#timing.now();
    const kept = this.#kept.get(key);
    if (kept !== undefined && now - kept.atMs < GOOD_FOR_MS) return kept.look;
    const look = this.freshFor(run, execution);
    this.#keep(key, { atMs: now, look });
    look.catch(() => this.#kept.delete(key));
    return look;
  }

  #keep(key: string, kept: Kept): void {
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    const oldest = this.#kept.keys().next();
    if (this.#kept.size > KEPT && oldest.done !== true) this.#kept.delete(oldest.value);
  }
}

function paramsOf(schema: StandardSchemaV1 | undefined, row: UncountedRun): Promise<unknown> {
  return parseParams(row.definition, schema, JSON.parse(row.params)); // what startRun was given
}
