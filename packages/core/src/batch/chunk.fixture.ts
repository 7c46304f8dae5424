/** A single chunk in a worker of its own: for tests of what happens inside one, without a run around it. */
import type { Engine } from "../job/engine.ts";
import { sealEnvelope } from "../model/envelope.ts";
import { ClassedError } from "../model/errors.ts";
import { type JobId, newId, type RunId } from "../model/ids.ts";
import type { JobRow, JobState, NewJob } from "../model/job.ts";
import type { StepRef } from "../model/settlement.ts";
import type { ItemRow } from "../store/run-store.ts";
import { type Scene, scene } from "../testing/scene.fixture.ts";
import { runChunk } from "./chunk.ts";
import type { ChunkRules, ChunkWork } from "./chunk-work.ts";

/** What a test says of its chunk. */
export interface ChunkParts {
  readonly items?: readonly unknown[];
  readonly rules?: Partial<ChunkRules>;
  readonly work?: Partial<Pick<ChunkWork, "isRetry" | "notices" | "nowMs">>;
}

/** A chunk, and the world it runs in. */
export interface ChunkScene extends Scene<readonly []> {
  readonly work: ChunkWork;
  /** Runs it to its end. */
  run(): Promise<JobRow>;
  /** The step's counters and rows. */
  counters(): Promise<Readonly<Record<string, number>>>;
  rows(): Promise<readonly ItemRow[]>;
  job(): Promise<JobRow>;
}

const NAME = "chunk";

/** Items from 1 to 5 that come to themselves, written nowhere; tried three times. */
export function chunkScene(parts: ChunkParts): ChunkScene {
  const step = { run: newId<RunId>(), step: "step" };
  const { definition, works } = definitionOf(parts, step);
  const of = scene([definition]) as Scene<readonly []>; // nobody names its jobs
  const id = newId<JobId>();
  const job = () => only(of, id);
  const run = async () => {
    await of.mr.open();
    await of.store.enqueue([newChunk(id)]);
    of.mr.worker();
    for (let second = 0; second < 600 && !ENDED.has((await job()).state); second += 1)
      await of.time.advance(1_000);
    return job();
  };
  const scope = `step:${step.run}:${step.step}`;
  return {
    ...of,
    work: works[0] as ChunkWork, // registered just now
    run,
    job,
    counters: async () => (await of.store.counters([scope]))[scope] ?? {},
    rows: async () => (await of.store.items(step, { limit: 1_000 })).rows,
  };
}

const ENDED: ReadonlySet<JobState> = new Set(["completed", "dead"]);

function definitionOf({ items = [1, 2, 3, 4, 5], rules, work: own }: ChunkParts, step: StepRef) {
  const works: ChunkWork[] = [];
  const register = ({ registry, store, timing }: Engine) => {
    const work: ChunkWork = {
      rules: { ...RULES, ...rules },
      store,
      step,
      items,
      keyOf: (position) => `key-${String(items[position])}`,
      context: { params: undefined } as unknown as ChunkWork["context"], // no function of these tests looks further
      isRetry: false,
      notices: {},
      nowMs: () => timing.now(),
      ...own,
    };
    works.push(work);
    const { retry, timeoutMs } = work.rules;
    registry.add({ name: NAME, queue: NAME, retry, timeoutMs, run: (_payload, ctx) => runChunk(work, ctx) });
  };
  return { definition: { name: NAME, register }, works };
}

async function only({ store }: Pick<Scene<readonly []>, "store">, id: JobId): Promise<JobRow> {
  const [row] = (await store.find({ ids: [id] }, { limit: 1 })).rows;
  if (row === undefined) throw new Error("there is no such job");
  return row;
}

function newChunk(id: JobId): NewJob {
  const envelope = sealEnvelope({ payload: null });
  return {
    id,
    name: NAME,
    queue: NAME,
    tenant: "",
    priority: "default",
    delayMs: 0,
    maxRescues: 3,
    envelope,
  };
}

const RULES: ChunkRules = {
  prepare: () => undefined,
  process: (item) => item,
  outputWeight: () => 1,
  tally: () => ({}),
  write: undefined,
  failed: undefined,
  undo: undefined,
  transactional: true,
  keepsOutputs: false,
  chunkSize: { min: 100, max: 100 },
  itemsAtOnce: 1,
  commit: { items: Number.POSITIVE_INFINITY, weight: Number.POSITIVE_INFINITY },
  retry: { maxAttempts: 3, initialMs: 100, multiplier: 2, maxMs: 1_000, jitter: "none" },
  timeoutMs: undefined,
  skip: () => true,
  skipLimit: 0,
  ledger: "all",
};

/** What is wrong with the item. */
export function bad(item: unknown): ClassedError {
  return new ClassedError("validation", "bad", `${String(item)} is bad`);
}

/** Processes all but these. */
export function refusing(...items: readonly number[]): (item: unknown) => unknown {
  return (item) => {
    if (items.includes(Number(item))) throw bad(item);
    return item;
  };
}

/** A clock that goes on by so much whenever it is read. */
export function ticking(ms: number): () => number {
  let nowMs = 0;
  return () => {
    nowMs += ms;
    return nowMs;
  };
}
