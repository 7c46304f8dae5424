/** Stores whose runs break a rule, one each: the reference model with a change to what it does, or the memory store behind a wrapper. */
import type { HolderAnswer, HolderWrite } from "@millrace/core";
import type { Call } from "./call.ts";
import { type Brain, modelStore } from "./model-store.fixture.ts";
import type { Mutant } from "./mutant.fixture.ts";
import { answerOf } from "./reference-model.ts";
import { markSteps } from "./steps.ts";
import { mutant } from "./wrapper-mutants.fixture.ts";

/** Every mutant of runs and their steps. */
export const RUN_MUTANTS: readonly Mutant[] = [
  thinking("marks of a stale token stay", (before, call) => {
    const given = answerOf(before, call);
    const answers = given.answer as readonly HolderAnswer[]; // of the two verbs that write
    const stale = writesOf(call).filter((_, index) => answers[index] === "fenced");
    return { ...given, state: stale.reduce(markSteps, given.state) };
  }),
  mutant("a settlement leaves its marks behind", (store) => ({
    settle: (settlements) => store.settle(settlements.map((write) => ({ ...write, marks: undefined }))),
  })),
  thinking("a step began when it first did, however often it has begun", (before, call) => {
    const given = answerOf(before, call);
    const steps = given.state.steps.map((row) => {
      const earlier = before.steps.find(({ run, step }) => run === row.run && step === row.step);
      return earlier?.startedAtMs === undefined ? row : { ...row, startedAtMs: earlier.startedAtMs };
    });
    return { ...given, state: { ...given.state, steps } };
  }),
  {
    ...thinking("a restart gives an instance a second active run", (before, call) => {
      if (call.verb !== "moveRun" || call.move.coordinator === undefined) return answerOf(before, call);
      const { run: id } = call.move;
      const others = [...before.runs].filter(([other]) => other !== id);
      const alone = new Map([...before.runs].filter(([other]) => other === id));
      const given = answerOf({ ...before, runs: alone }, call);
      return { ...given, state: { ...given.state, runs: new Map([...others, ...given.state.runs]) } };
    }),
    fixture: "one-run-of-an-instance-at-a-time",
  },
  thinking("a restart that is sent again takes place again", (before, call) => {
    const given = answerOf(before, call);
    if (call.verb !== "moveRun") return given;
    const run = before.runs.get(call.move.run);
    if (run === undefined || call.move.coordinator?.id !== run.coordinator) return given;
    const again = { ...run, restarts: run.restarts + 1 };
    return { ...given, state: { ...given.state, runs: new Map(given.state.runs).set(run.id, again) } };
  }),
  thinking("a sweep looks at coordinators alone", (before, call) => {
    if (call.verb !== "sweepRuns") return answerOf(before, call);
    const jobs = [...before.jobs].map(
      ([id, job]) => [id, { ...job, spec: { ...job.spec, run: undefined } }] as const,
    );
    const given = answerOf({ ...before, jobs: new Map(jobs) }, call);
    return { ...given, state: { ...given.state, jobs: before.jobs } };
  }),
  thinking("a sweep leaves steps as they are", (before, call) => {
    const given = answerOf(before, call);
    return call.verb === "sweepRuns" ? { ...given, state: { ...given.state, steps: before.steps } } : given;
  }),
  mutant("items are written over though only new ones were to be", (store) => ({
    save: (writes) => store.save(writes.map((write) => ({ ...write, onlyNewItems: undefined }))),
    settle: (settlements) =>
      store.settle(settlements.map((write) => ({ ...write, onlyNewItems: undefined }))),
  })),
  thinking("a replayed job of a run begins without its checkpoint", (before, call) => {
    const given = answerOf(before, call);
    if (call.verb !== "retry") return given;
    const jobs = [...given.state.jobs].map(
      ([id, job]) => [id, before.jobs.get(id) === job ? job : { ...job, checkpoint: undefined }] as const,
    );
    return { ...given, state: { ...given.state, jobs: new Map(jobs) } };
  }),
  thinking("a full queue takes new runs in", (before, call) => {
    if (call.verb !== "startRun") return answerOf(before, call);
    const given = answerOf({ ...before, queues: new Map() }, call);
    return { ...given, state: { ...given.state, queues: before.queues } };
  }),
  thinking("runs that a full queue refuses are not counted", (before, call) => {
    const given = answerOf(before, call);
    return call.verb === "startRun"
      ? { ...given, state: { ...given.state, refused: before.refused } }
      : given;
  }),
  mutant("a run that has failed by a sweep does not say why", (store) => ({
    findRuns: async (filter, page) => {
      const found = await store.findRuns(filter, page);
      return { ...found, rows: found.rows.map((row) => ({ ...row, error: undefined })) };
    },
  })),
  thinking("a run is forgotten under its live jobs", (before, call) => {
    if (call.verb !== "removeRuns" && call.verb !== "cleanUpRuns") return answerOf(before, call);
    const given = answerOf({ ...before, jobs: new Map() }, call);
    return { ...given, state: { ...given.state, jobs: before.jobs } };
  }),
  {
    ...thinking("a clean-up of runs goes by when they were opened", (before, call) => {
      if (call.verb !== "cleanUpRuns") return answerOf(before, call);
      const opened = [...before.runs].map(
        ([id, run]) => [id, { ...run, finishedAtMs: run.finishedAtMs && run.createdAtMs }] as const,
      );
      const given = answerOf({ ...before, runs: new Map(opened) }, call);
      const left = [...before.runs].filter(([id]) => given.state.runs.has(id));
      return { ...given, state: { ...given.state, runs: new Map(left) } };
    }),
    seed: 2,
  },
  {
    ...thinking("a forgotten run stays the last word of its instance", (before, call) => {
      const given = answerOf(before, call);
      if (call.verb !== "startRun" || call.run.rerun) return given;
      const isForgotten = before.audit.some(({ type }) => type === "run.removed");
      return isForgotten ? { state: before, answer: { result: "finished", run: call.run.id } } : given;
    }),
    fixture: "finished-runs-are-forgotten",
  },
  mutant("nobody is said to have removed a run", (store) => ({
    removeRuns: (ids) => store.removeRuns(ids),
    cleanUpRuns: (options) => store.cleanUpRuns({ ...options, note: undefined }),
  })),
  mutant("a fire makes the coordinator, and no run", (store) => ({
    fireSchedules: (fires, note) =>
      store.fireSchedules(
        fires.map(({ fire, ...of }) => ({ ...of, fire: fire && { ...fire, run: undefined } })),
        note,
      ),
  })),
];

function thinking(name: string, brain: Brain): Mutant {
  return { name, create: async () => modelStore(brain) };
}

function writesOf(call: Call): readonly HolderWrite[] {
  if (call.verb === "save") return call.writes;
  return call.verb === "settle" ? call.settlements : [];
}
