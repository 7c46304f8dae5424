/** Stores whose inner rules are broken, one each: the reference model with a change to its state. */
import type { TestStore } from "../test-store.ts";
import type { Call } from "./call.ts";
import { type Brain, modelStore } from "./model-store.fixture.ts";
import type { Mutant } from "./mutant.fixture.ts";
import { answerOf } from "./reference-model.ts";
import { isLive, type ModelEvent, type ModelJob, type ModelState } from "./state.ts";
import { pendingChildren } from "./wake.ts";

/** Every mutant of a rule inside the store. */
export const RULE_MUTANTS: readonly Mutant[] = [
  after("a parent is woken again by each child that ends", "settle", (job, { state }) =>
    job.place === "running" &&
    job.records.length === 0 &&
    job.wakeAt > 0 &&
    pendingChildren(state, job.spec.id) === 0
      ? { ...job, place: "queued", token: undefined, lease: undefined, wakeAt: 0 }
      : job,
  ),
  after("a parent whose last child died waits for ever", "settle", (job, { before }) => {
    const wasWaiting = before.jobs.get(job.spec.id)?.place === "waiting";
    return wasWaiting && job.place === "queued" && hasDeadChild(before, job)
      ? { ...job, place: "waiting", runAtMs: before.jobs.get(job.spec.id)?.runAtMs ?? 0 }
      : job;
  }),
  after("a woken parent keeps its old due time", "settle", (job, { before }) =>
    before.jobs.get(job.spec.id)?.place === "waiting" ? { ...job, runAtMs: job.createdAtMs } : job,
  ),
  after("a parent whose policy cannot be met waits on", "settle", (job, { before }) =>
    job.place === "dead" && job.fingerprint === "children-failed"
      ? (before.jobs.get(job.spec.id) ?? job)
      : job,
  ),
  after("a rescued job is no suspect", "rescue", (job) => ({ ...job, isSuspect: false })),
  after("every rescue counts as a crash", "rescue", (job) => ({ ...job, soloRescues: job.rescues })),
  after("a settled job stays suspect", "settle", (job, { before }) => ({
    ...job,
    isSuspect: before.jobs.get(job.spec.id)?.isSuspect ?? false,
  })),
  after("a rescue forgets the token settled before", "rescue", (job) =>
    job.isSuspect ? { ...job, settledToken: undefined } : job,
  ),
  after("a snoozed job looks as if it had failed", "settle", (job) =>
    job.snoozes > 0 && job.place === "queued" ? { ...job, isRetrying: true } : job,
  ),
  after("a rescue burns an attempt", "rescue", (job, { before }) => {
    const rescues = before.jobs.get(job.spec.id)?.rescues;
    return job.rescues !== rescues ? { ...job, attempts: job.attempts + 1 } : job;
  }),
  after("the write number outlives its token", "claim", (job, { before }) => ({
    ...job,
    lastWrite: before.jobs.get(job.spec.id)?.lastWrite ?? 0,
  })),
  after("a checkpoint is lost on retry", "settle", (job) =>
    job.place === "queued" && job.attempts > 0 ? { ...job, checkpoint: undefined } : job,
  ),
  after("a cancelled job succeeds all the same", "settle", (job, { before }) =>
    job.place === "cancelled" && before.jobs.get(job.spec.id)?.place === "running"
      ? { ...job, place: "completed" }
      : job,
  ),
  after("a vanished holder's cancelled job is ready again", "rescue", (job, { before }) => {
    const held = before.jobs.get(job.spec.id);
    return job.place === "cancelled" && held?.place === "running"
      ? { ...held, place: "queued", token: undefined, lease: undefined, isSuspect: true }
      : job;
  }),
  after("a sweep leaves the queued children of cancelled parents", "cascade", (job, { before }) => {
    const seen = before.jobs.get(job.spec.id);
    return seen?.place === "queued" ? seen : job;
  }),
  after("a replayed job goes on from its old checkpoint", "retry", (job, { before }) => ({
    ...job,
    checkpoint: before.jobs.get(job.spec.id)?.checkpoint,
  })),
  after("a replayed job forgets the token settled before", "retry", (job) =>
    job.generation > 1 ? { ...job, settledToken: undefined } : job,
  ),
  after("a spawned job that was live gets a new parent", "save", (job, { call }) => {
    const parent =
      call.verb === "save" ? call.writes.find((write) => isSpawned(write.spawn, job))?.id : undefined;
    return parent === undefined || job.parent !== undefined || !isLive(job) ? job : { ...job, parent };
  }),
  after("a claimed job keeps a key it had only while queued", "claim", (job, { before }) => ({
    ...job,
    holdsKey: before.jobs.get(job.spec.id)?.holdsKey ?? false,
  })),
  after("a cancelled job keeps its unique key", "cancel", (job, { before }) =>
    job.place === "cancelled" ? { ...job, holdsKey: before.jobs.get(job.spec.id)?.holdsKey ?? false } : job,
  ),
  after("a replayed job stands in line again", "retry", (job, { before }) => ({
    ...job,
    spec: before.jobs.get(job.spec.id)?.spec ?? job.spec,
  })),
  after("a replayed job expires", "retry", (job, { before }) => ({
    ...job,
    expiresAtMs: before.jobs.get(job.spec.id)?.expiresAtMs,
  })),
  after("an expired child has not ended for its parent", "expire", (job, { before }) => {
    const was = before.jobs.get(job.spec.id);
    return was?.place === "waiting" && job.place === "queued" ? was : job;
  }),
  after("a replaced job keeps its due time", "enqueue", (job, { before }) => {
    const was = before.jobs.get(job.spec.id);
    return was === undefined ? job : { ...job, runAtMs: was.runAtMs };
  }),
  silent(
    "nobody hears that a running job ended cancelled",
    ({ kind }, { verb }) => kind === "cancelled" && verb === "settle",
  ),
  silent("nobody hears of replays", ({ kind }) => kind === "replayed"),
  silent("nobody hears of children", ({ kind }, { verb }) => kind === "enqueued" && verb === "settle"),
  silent(
    "nobody hears of jobs given up as crashed",
    ({ kind }, { verb }) => kind === "dead" && verb === "rescue",
  ),
];

/** The model, but it keeps a transition to itself. */
function silent(name: string, isSilenced: (event: ModelEvent, call: Call) => boolean): Mutant {
  const brain: Brain = (before, call) => {
    const { state, answer } = answerOf(before, call);
    const told = state.events.slice(before.events.length).filter((event) => !isSilenced(event, call));
    const events = [...before.events, ...told];
    return { state: { ...state, events }, answer };
  };
  return { name, create: async (): Promise<TestStore> => modelStore(brain) };
}

interface Change {
  readonly before: ModelState;
  readonly state: ModelState;
  readonly call: Call;
}

/** The model, but every job is put through `alter` after each call of the verb. */
export function after(
  name: string,
  verb: Call["verb"],
  alter: (job: ModelJob, change: Change) => ModelJob,
): Mutant {
  const brain: Brain = (before, call) => {
    const given = answerOf(before, call);
    if (call.verb !== verb) return given;
    const change = { before, state: given.state, call };
    const jobs = [...given.state.jobs].map(([id, job]) => [id, alter(job, change)] as const);
    return { ...given, state: { ...given.state, jobs: new Map(jobs) } };
  };
  return { name, create: async (): Promise<TestStore> => modelStore(brain) };
}

function hasDeadChild(state: ModelState, parent: ModelJob): boolean {
  return [...state.jobs.values()].some((job) => job.parent === parent.spec.id && job.place !== "completed");
}

function isSpawned(spawn: readonly { readonly id: string }[] | undefined, job: ModelJob): boolean {
  return spawn?.some((child) => child.id === job.spec.id) ?? false;
}
