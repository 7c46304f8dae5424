/** Turns sketches of holder writes into writes to send: at most one for each job in a call. */
import type { HolderWrite, JobId, NewJob, Outcome, Settlement, StepMark, Token } from "@millrace/core";
import { childOf, pickRun } from "./resolve-jobs.ts";
import type {
  HolderSketch,
  JobSketch,
  MarkSketch,
  SettlementSketch,
  StepSketch,
  WriteSketch,
} from "./sketch.ts";
import { isLive } from "./state.ts";
import { chosen, type Holding, type World } from "./world.ts";

/** A token larger than any a store gives out here, and past what a double holds exactly. */
const FORGED = "9007199254740993" as Token; // in the shape of a token

/** Writes for `save`. */
export function resolveWrites(world: World, sketches: readonly WriteSketch[]): readonly HolderWrite[] {
  const bound = bindAll(world, sketches, world.saves);
  return bound.map(({ sketch, holding, resent }) => resent ?? writeOf({ world, bound }, sketch, holding));
}

/** Settlements; their record says which outcome it was. */
export function resolveSettlements(
  world: World,
  sketches: readonly SettlementSketch[],
): readonly Settlement[] {
  const bound = bindAll(world, sketches, world.settlements);
  return bound.map(
    ({ sketch, holding, resent }) =>
      resent ?? {
        ...writeOf({ world, bound }, sketch, holding),
        outcome: sketch.outcome,
        record: recordOf(sketch.outcome),
        measures: measuresOf(holding.id, sketch.outcome.kind),
      },
  );
}

interface Bound<Sketch, Write> {
  readonly sketch: Sketch;
  readonly holding: Holding;
  readonly resent: Write | undefined;
}

interface Batch {
  readonly world: World;
  readonly bound: readonly { readonly holding: Holding }[];
}

function bindAll<Sketch extends WriteSketch, Write extends HolderWrite>(
  world: World,
  sketches: readonly Sketch[],
  sent: readonly Write[],
): readonly Bound<Sketch, Write>[] {
  const taken = new Set<JobId>();
  const bound: Bound<Sketch, Write>[] = [];
  for (const sketch of sketches) {
    const resent = sketch.holder.kind === "resent" ? chosen(sent, sketch.holder.pick) : undefined;
    const holding = resent ?? holdingOf(world, sketch.holder, taken);
    if (holding === undefined || taken.has(holding.id)) continue;
    taken.add(holding.id);
    bound.push({ sketch, holding, resent });
  }
  return bound;
}

/** Every outcome measures something of its own, but for one that measures nothing, and half of those that completed as workers do. */
function measuresOf(id: JobId, kind: Outcome["kind"]): Readonly<Record<string, number>> | undefined {
  if (kind === "suspended") return undefined;
  if (kind === "completed" && id.charCodeAt(id.length - 1) % 2 === 0) return { ran: 1, waitMs: 3, runMs: 7 };
  return kind === "released" ? { ran: 1 } : { ran: 1, runMs: 7, [`failed:${kind}`]: 1 };
}

function holdingOf(world: World, sketch: HolderSketch, taken: ReadonlySet<JobId>): Holding | undefined {
  switch (sketch.kind) {
    case "current":
      return chosen(running(world, taken), sketch.pick);
    case "earlier":
      return chosen(world.claims, sketch.pick);
    case "foreign": {
      const id = chosen(world.claims, sketch.pick)?.id;
      const token = chosen(world.claims, sketch.other)?.token;
      return id === undefined || token === undefined ? undefined : { id, token };
    }
    case "forged": {
      const id = chosen(running(world, taken), sketch.pick)?.id;
      return id === undefined ? undefined : { id, token: FORGED };
    }
    case "unknown":
      return { id: world.newJobId(), token: world.claims[0]?.token ?? FORGED };
    case "resent":
      return undefined;
  }
}

function running(world: World, taken: ReadonlySet<JobId>): readonly Holding[] {
  return [...world.state.jobs.values()].flatMap((job) =>
    job.token === undefined || taken.has(job.spec.id) ? [] : [{ id: job.spec.id, token: job.token }],
  );
}

function writeOf(batch: Batch, sketch: WriteSketch, holding: Holding): HolderWrite {
  const { world } = batch;
  const last = world.state.jobs.get(holding.id)?.lastWrite ?? 0;
  const children = sketch.spawn?.length ? childrenOf(batch, sketch.spawn) : undefined;
  return {
    id: holding.id,
    token: holding.token,
    write: Math.max(1, last + sketch.ahead),
    ...(sketch.checkpoint === undefined ? {} : { checkpoint: sketch.checkpoint }),
    ...(children === undefined ? {} : { spawn: children }),
    ...(sketch.progress === undefined ? {} : { progress: sketch.progress }),
    ...(sketch.log === undefined ? {} : { log: sketch.log }),
    ...(sketch.step === undefined ? {} : stepOf(world, sketch.step)),
    ...(sketch.marks === undefined ? {} : { marks: marksOf(world, sketch.marks) }),
  };
}

/** New children, and ids that are live and no part of this call: nothing a batch mate could end meanwhile. */
function childrenOf(batch: Batch, sketches: readonly JobSketch[]): readonly NewJob[] {
  const { world, bound } = batch;
  const fresh: JobId[] = [];
  const live = [...world.state.jobs.values()].filter(isLive).map((job) => job.spec.id);
  const free = live.filter((id) => bound.every(({ holding }) => holding.id !== id));
  return sketches.map((sketch) => {
    const again = sketch.again === undefined ? undefined : chosen([...free, ...fresh], sketch.again);
    const id = again ?? world.newJobId();
    if (again === undefined) fresh.push(id);
    return childOf(world, sketch, id);
  });
}

function stepOf(world: World, sketch: StepSketch): Partial<HolderWrite> {
  const run = pickRun(world, sketch.run);
  if (run === undefined) return {};
  return {
    step: { run, step: sketch.step },
    ...(sketch.items === undefined ? {} : { items: sketch.items }),
    ...(sketch.onlyNewItems === undefined ? {} : { onlyNewItems: sketch.onlyNewItems }),
    ...(sketch.counters === undefined ? {} : { counters: sketch.counters }),
  };
}

/** Of a failure its fingerprint is last. */
function recordOf({ kind }: Outcome): string {
  return JSON.stringify({ kind, ...(kind === "retry" && { error: { fingerprint: "f00d" } }) });
}

function marksOf(world: World, sketches: readonly MarkSketch[]): readonly StepMark[] {
  return sketches.flatMap((sketch) => {
    const run = pickRun(world, sketch.run);
    return run === undefined ? [] : [{ ...sketch, run }];
  });
}
