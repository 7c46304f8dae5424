/** Turns sketches of operations into operations to start, pages to apply and listings. */
import type { NewOperation, OperationFilter, OperationId, OperationWork } from "@millrace/core";
import { LEASE_MS } from "./arbitrary-values.ts";
import type { Call } from "./call.ts";
import { pickJob, pickRun } from "./resolve-jobs.ts";
import type { OperationFilterSketch, Sketch } from "./sketch.ts";
import { chosen, type World } from "./world.ts";

type Of<Verb> = Extract<Sketch, { readonly verb: Verb }>;

/** The operation to start. */
export function resolveStart(world: World, sketch: Of<"startOperation">): Call {
  const { verb, again, filter, ...terms } = sketch;
  const known = again === undefined ? undefined : pickOperation(world, again);
  const operation: NewOperation = {
    id: known ?? world.newOperationId(),
    filter: resolveFilter(world, filter),
    ...terms,
  };
  return { verb, operation };
}

/** The page to take. */
export function resolveTake(world: World, { verb, limit, only }: Of<"takeOperation">): Call {
  return {
    verb,
    limit,
    leaseMs: LEASE_MS,
    only: only === undefined ? undefined : pickOperation(world, only),
  };
}

/** Which jobs it is for. */
export function resolveFilter(world: World, sketch: OperationFilterSketch): OperationFilter {
  const { ids, run, ...rest } = sketch;
  return {
    ...rest,
    ids: ids?.flatMap((pick) => pickJob(world, pick) ?? []),
    run: run === undefined ? undefined : pickRun(world, run),
  };
}

/** The page to apply: one taken before, a member of it perhaps found wanting. */
export function resolvePage(world: World, sketch: Of<"advanceOperation">): Call | undefined {
  const turn = chosen(world.turns.toReversed(), sketch.earlier);
  if (turn === undefined) return undefined;
  const { operation, members, reached, isLast } = turn;
  const bad = sketch.problem === undefined ? undefined : chosen(members, sketch.problem)?.id;
  const work = members.map(({ id, generation }): OperationWork => {
    if (id === bad) return { id, generation, problem: "cannot be patched" };
    return { id, generation, ...(operation.patch === undefined ? {} : { envelope: `0{"payload":"${id}"}` }) };
  });
  return {
    verb: "advanceOperation",
    page: { id: operation.id, turn: operation.turn, members: work, reached, isLast },
  };
}

/** The operation to abort; one nobody started where there is none. */
export function resolveAbort(world: World, { verb, operation, note }: Of<"abortOperation">): Call {
  return { verb, operation: pickOperation(world, operation) ?? world.newOperationId(), note };
}

/** Which operations to list. */
export function resolveOperations(world: World, { verb, ids, states, limit }: Of<"operations">): Call {
  const known = ids?.flatMap((pick) => pickOperation(world, pick) ?? []);
  return { verb, filter: { ids: known, states }, limit };
}

function pickOperation(world: World, pick: number): OperationId | undefined {
  return chosen([...world.state.operations.keys()], pick);
}
