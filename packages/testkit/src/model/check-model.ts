/** The rule that decides whether a store is one: given any calls, it answers and shows what the reference model does. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, test } from "vitest";
import type { TestHome, TestStore } from "../test-store.ts";
import type { Call } from "./call.ts";
import { MAX_BURSTS, sequences } from "./commands.ts";
import { type Fixture, readFixtures } from "./fixtures.ts";
import { Mismatch } from "./mismatch.ts";
import { resolve } from "./resolve.ts";
import { SideBySide } from "./side-by-side.ts";
import type { Sketch } from "./sketch.ts";
import { World } from "./world.ts";

/** How much to try. `MILLRACE_MODEL_RUNS`, `…_BURSTS`, `…_SEED` and `…_PATH` in the environment come first. */
export interface ModelOptions {
  /** Sequences of calls, each on a fresh store. */
  readonly runs: number;
  /** Longest of them, in bursts of a few calls; {@link MAX_BURSTS} where left out. */
  readonly bursts?: number | undefined;
  /** Makes a run repeatable; one is made up and told where left out. */
  readonly seed?: number | undefined;
  /** Where in the seed's run the shrunk counterexample is, as a failure tells it. */
  readonly path?: string | undefined;
  /** Whether a counterexample is made as short as possible; `true` where left out. */
  readonly shrinks?: boolean | undefined;
  /** Time in ms for all of it; at its end the shortest counterexample so far is told, or how far it came. */
  readonly timeLimitMs?: number | undefined;
}

/** A sequence on which a store and the model part ways. */
export interface Disagreement {
  readonly seed: number;
  readonly path: string | undefined;
  /** The shortest sequence found. */
  readonly calls: readonly Call[];
  /** Where its last call leads to different answers or a different store. */
  readonly message: string;
}

/** Time a sequence may take, on the slowest home under load. */
const MS_PER_RUN = 4_000;
/** Beyond that, for the last sequence to end and what was found to be told. */
const GRACE_MS = 60_000;

/** Registers the tests: first the kept fixtures, then new sequences. Starts and stops the home. */
export function modelRules(home: TestHome, options: ModelOptions): void {
  const chosen = { ...options, ...optionsFromEnvironment() };
  const seed = chosen.seed ?? Date.now() % 2 ** 31;
  describe(`${home.name} against the reference model`, () => {
    beforeAll(() => home.start());
    afterAll(() => home.stop());
    for (const fixture of readFixtures()) {
      test(`agrees on fixture ${fixture.name}`, () => replay(() => home.create(), fixture));
    }
    const timeLimitMs = chosen.runs * MS_PER_RUN;
    test(`agrees on ${chosen.runs} sequences of seed ${seed}`, {
      timeout: timeLimitMs + GRACE_MS,
    }, async () => {
      const found = await findDisagreement(() => home.create(), { ...chosen, seed, timeLimitMs });
      if (found !== undefined) throw new Error(report(found, chosen.bursts ?? MAX_BURSTS));
    });
  });
}

/** Looks for a sequence on which the stores made by `create` and the model disagree, and shrinks it. */
export async function findDisagreement(
  create: () => Promise<TestStore>,
  options: ModelOptions,
): Promise<Disagreement | undefined> {
  const property = fc.asyncProperty(sequences(options.bursts ?? MAX_BURSTS), (sketches) =>
    runSketches(create, sketches),
  );
  const details = await fc.check(property, {
    numRuns: options.runs,
    endOnFailure: options.shrinks === false,
    ...(options.timeLimitMs === undefined
      ? {}
      : { interruptAfterTimeLimit: options.timeLimitMs, markInterruptAsFailure: true }),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(options.path === undefined ? {} : { path: options.path }),
  });
  if (!details.failed) return undefined;
  const cause = details.errorInstance ?? `nothing, so far: time was over after ${details.numRuns} sequences`;
  return {
    seed: details.seed,
    path: details.counterexamplePath ?? undefined,
    calls: cause instanceof Mismatch ? cause.calls : [],
    message: cause instanceof Mismatch ? cause.message : messageOf(cause),
  };
}

/** Plays a kept sequence on a new store. @throws Mismatch where store and model part ways. */
export async function replay(create: () => Promise<TestStore>, fixture: Fixture): Promise<void> {
  const store = await create();
  try {
    const pair = await SideBySide.begin(store);
    for (const call of fixture.calls) await pair.step(call);
    await pair.end();
  } finally {
    await store.dispose();
  }
}

async function runSketches(create: () => Promise<TestStore>, sketches: readonly Sketch[]): Promise<void> {
  const store = await create();
  try {
    const pair = await SideBySide.begin(store);
    const world = new World(pair.state);
    for (const sketch of sketches) {
      const call = resolve(world, sketch);
      if (call !== undefined) world.note(call, await pair.step(call), pair.state);
    }
    await pair.end();
  } finally {
    await store.dispose();
  }
}

function report(found: Disagreement, bursts: number): string {
  const fixture: Fixture = { name: `seed-${found.seed}`, calls: found.calls };
  return [
    `The store and the reference model do not agree: ${found.message}`,
    `Again: npm run check:model -- --seed ${found.seed} --path ${found.path ?? '""'} --bursts ${bursts}`,
    `Keep it: save this as packages/testkit/src/model/fixtures/${fixture.name}.json`,
    JSON.stringify(fixture),
  ].join("\n");
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}

function optionsFromEnvironment(): Partial<ModelOptions> {
  const { env } = process;
  const { MILLRACE_MODEL_RUNS: runs, MILLRACE_MODEL_BURSTS: bursts } = env;
  const { MILLRACE_MODEL_SEED: seed, MILLRACE_MODEL_PATH: path } = env;
  return {
    ...(runs ? { runs: Number(runs) } : {}),
    ...(bursts ? { bursts: Number(bursts) } : {}),
    ...(seed ? { seed: Number(seed) } : {}),
    ...(path ? { path } : {}),
  };
}
