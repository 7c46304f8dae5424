/** Stores whose outer rules are broken, one each: the memory store behind a wrapper. */
import type { JobId, Store, Token } from "@millrace/core";
import { memoryHome } from "../stores/memory-home.ts";
import type { Mutant } from "./mutant.fixture.ts";

/** Every mutant of what a store answers and shows. */
export const WRAPPER_MUTANTS: readonly Mutant[] = [
  mutant("a cancel leaves nothing in the audit", (store) => ({
    cancel: (ids, { actor: _, ...note } = {}) => store.cancel(ids, note),
  })),
  mutant("a queue's settings leave nothing in the audit", (store) => ({
    configureQueue: (queue, change) => store.configureQueue(queue, change),
  })),
  mutant("jobs are said to be of another class, and are not", () => ({
    reprioritise: async (ids) => ids.map(() => "changed"),
  })),
  mutant("a move to another class leaves nothing in the audit", (store) => ({
    reprioritise: (ids, priority) => store.reprioritise(ids, priority),
  })),
  mutant("the audit forgets the reason", (store) => ({
    retry: (ids, { reason: _, ...note } = {}) => store.retry(ids, note),
  })),
  mutant("the audit shows a chain without its last record", (store) => ({
    auditChain: async (tenant, part) => {
      const [{ head } = { head: { n: 0 } }] = await store.auditChains({ tenant });
      return (await store.auditChain(tenant, part)).filter(({ place }) => place.n < head.n || place.n === 1);
    },
  })),
  mutant("retention leaves everything", () => ({
    pruneAudit: async () => ({ pruned: 0, more: false }),
  })),
  mutant("a stale token is taken for the current one", (store) => {
    const tokens = new Map<JobId, Token>();
    return {
      claim: async (wants, options) => {
        const jobs = await store.claim(wants, options);
        for (const job of jobs) tokens.set(job.id, job.token);
        return jobs;
      },
      settle: (settlements) =>
        store.settle(settlements.map((write) => ({ ...write, token: tokens.get(write.id) ?? write.token }))),
    };
  }),
  mutant("explain does not see that a queue is paused", (store) => ({
    explain: async (ids) => (await store.explain(ids)).map((facts) => ({ ...facts, isPaused: false })),
  })),
  mutant("explain counts a job among those before it", (store) => ({
    explain: async (ids) =>
      (await store.explain(ids)).map((facts) => ({
        ...facts,
        ahead: facts.ahead && { ...facts.ahead, inClass: facts.ahead.inClass + 1 },
      })),
  })),
  mutant("explain takes every live worker for one that takes the job", (store) => ({
    explain: async (ids) =>
      (await store.explain(ids)).map((facts) => ({
        ...facts,
        takers: facts.takers && { ...facts.takers, able: facts.takers.live },
      })),
  })),
  mutant("a worker that stays silent stays on the list", (store) => ({
    registerWorkers: (workers, { forMs }) => store.registerWorkers(workers, { forMs: 100 * forMs }),
  })),
  mutant("a worker that has stopped stays on the list", () => ({ removeWorkers: async () => undefined })),
  mutant("a save's write number is ignored", (store) => {
    let write = 0;
    return {
      save: (writes) => {
        write += 100;
        return store.save(writes.map((one) => ({ ...one, write })));
      },
    };
  }),
  mutant("a re-sent settlement is fenced", (store) => ({
    settle: async (settlements) =>
      (await store.settle(settlements)).map((answer) => (answer === "already-applied" ? "fenced" : answer)),
  })),
  mutant("a re-sent settlement is called applied", (store) => ({
    settle: async (settlements) =>
      (await store.settle(settlements)).map((answer) => (answer === "already-applied" ? "applied" : answer)),
  })),
  mutant("counters of running jobs are off by one", (store) => ({
    counters: async (scopes) => {
      const counters = await store.counters(scopes);
      return Object.fromEntries(
        Object.entries(counters).map(([scope, named]) => [
          scope,
          "running" in named ? { ...named, running: (named.running ?? 0) + 1 } : named,
        ]),
      );
    },
  })),
  mutant("a call's second write is dropped", (store) => ({
    save: async (writes) => {
      const answers = await store.save(writes.slice(0, 1));
      return writes.map((_, index) => answers[index] ?? "applied");
    },
  })),
  mutant("tokens stand still for a claim", (store) => ({
    claim: async (wants, options) => {
      const jobs = await store.claim(wants, options);
      return jobs.map((job) => ({ ...job, token: jobs[0]?.token ?? job.token }));
    },
  })),
  mutant("a claim forgets which classes were asked for", (store) => ({
    claim: (wants, options) =>
      store.claim(
        wants.map((want) => ({ ...want, priorities: undefined })),
        options,
      ),
  })),
  mutant("no place goes to overdue jobs", (store) => ({
    claim: (wants, options) => store.claim(wants, { ...options, overdue: 0 }),
  })),
  mutant("one place more than asked goes to overdue jobs", (store) => ({
    claim: (wants, options) => store.claim(wants, { ...options, overdue: (options.overdue ?? 0) + 1 }),
  })),
  mutant("a claim takes one more than asked", (store) => ({
    claim: (wants, options) =>
      store.claim(
        wants.map((want) => ({ ...want, max: want.max + 1 })),
        options,
      ),
  })),
  mutant("claimed jobs come in the order of their ids", (store) => ({
    claim: async (wants, options) =>
      [...(await store.claim(wants, options))].sort((left, right) => (left.id < right.id ? -1 : 1)),
  })),
  mutant("an expired lease is prolonged", (store) => ({
    extend: async (leases, options) => {
      await store.extend(leases, options);
      return { lost: [] };
    },
  })),
  mutant("rescue takes a lease more than its limit", (store) => ({
    rescue: (options) => store.rescue({ limit: options.limit + 1 }),
  })),
  mutant("rescue never says that more is left", (store) => ({
    rescue: async (options) => ({ ...(await store.rescue(options)), more: false }),
  })),
  mutant("a released job has always started", (store) => ({
    settle: (settlements) =>
      store.settle(
        settlements.map((write) =>
          write.outcome.kind === "released"
            ? { ...write, outcome: { kind: "released", started: true } }
            : write,
        ),
      ),
  })),
  mutant("a suspended job waits for all its children", (store) => ({
    settle: (settlements) =>
      store.settle(
        settlements.map((write) =>
          write.outcome.kind === "suspended"
            ? { ...write, outcome: { kind: "suspended", wakeAt: 0 } }
            : write,
        ),
      ),
  })),
  mutant("a quorum waits for all", (store) => ({
    settle: (settlements) =>
      store.settle(
        settlements.map((write) =>
          write.outcome.kind === "suspended" && write.outcome.policy?.kind === "quorum"
            ? { ...write, outcome: { ...write.outcome, policy: { kind: "wait-all" } } }
            : write,
        ),
      ),
  })),
  mutant("failures are tolerated without limit", (store) => ({
    settle: (settlements) =>
      store.settle(
        settlements.map((write) =>
          write.outcome.kind === "suspended" && write.outcome.policy?.kind === "tolerate"
            ? { ...write, outcome: { ...write.outcome, policy: { kind: "tolerate", percent: 100 } } }
            : write,
        ),
      ),
  })),
  mutant("a claim does not say how the children stand", (store) => ({
    claim: async (wants, options) =>
      (await store.claim(wants, options)).map((job) => ({ ...job, children: undefined })),
  })),
  mutant("a retry's delay is forgotten", (store) => ({
    settle: (settlements) =>
      store.settle(
        settlements.map((write) =>
          write.outcome.kind === "retry" ? { ...write, outcome: { kind: "retry", delayMs: 0 } } : write,
        ),
      ),
  })),
  mutant("a snooze is a retry", (store) => ({
    settle: (settlements) =>
      store.settle(
        settlements.map((write) =>
          write.outcome.kind === "snoozed"
            ? { ...write, outcome: { kind: "retry", delayMs: write.outcome.delayMs } }
            : write,
        ),
      ),
  })),
  mutant("items of one write are written twice", (store) => ({
    settle: (settlements) =>
      store.settle(
        settlements.map((write) => ({
          ...write,
          counters:
            write.items === undefined ? write.counters : { ...write.counters, done: write.items.length },
        })),
      ),
  })),
  mutant("a page begins a row late", (store) => ({
    find: async (filter, page) => {
      const found = await store.find(filter, page);
      return page.after === undefined ? found : { ...found, rows: found.rows.slice(1) };
    },
  })),
  mutant("a re-send forgets history", (store) => ({ enqueue: (jobs) => store.enqueue(jobs) })),
  mutant("a kept key is free once its job has ended", (store) => ({
    enqueue: (jobs, options) =>
      store.enqueue(
        jobs.map((job) => (job.unique ? { ...job, unique: { ...job.unique, keepForMs: undefined } } : job)),
        options,
      ),
  })),
  mutant("an ordering key orders nothing", (store) => ({
    enqueue: (jobs, options) =>
      store.enqueue(
        jobs.map((job) => ({ ...job, orderingKey: undefined })),
        options,
      ),
  })),
  mutant("a time to run at is forgotten", (store) => ({
    enqueue: (jobs, options) =>
      store.enqueue(
        jobs.map((job) => ({ ...job, runAtMs: undefined })),
        options,
      ),
  })),
  mutant("a run moves whoever holds it", (store) => ({
    moveRun: (move) => store.moveRun({ ...move, holder: undefined }),
  })),
  mutant("a completed instance always runs again", (store) => ({
    startRun: (run, coordinator) => store.startRun({ ...run, rerun: true }, coordinator),
  })),
  mutant("watch takes every waiting parent for stranded", (store) => ({
    watch: async () => ({
      repaired: 0,
      stranded: (await store.find({ states: ["waiting"] }, { limit: 100 })).rows.map(({ id }) => id),
    }),
  })),
  mutant("a log says only its newest lines", (store) => ({
    logs: async (job, page) => {
      const found = await store.logs(job, page);
      return { ...found, rows: found.rows.slice(-1) };
    },
  })),
  mutant("a settlement leaves its log lines behind", (store) => ({
    settle: (settlements) => store.settle(settlements.map((write) => ({ ...write, log: undefined }))),
  })),
  mutant("progress is kept by saves only", (store) => ({
    settle: (settlements) => store.settle(settlements.map((write) => ({ ...write, progress: undefined }))),
  })),
  mutant("a running job is said to have ended by cancel", (store) => ({
    cancel: async (ids, note) =>
      (await store.cancel(ids, note)).map((answer) => (answer === "cancelling" ? "cancelled" : answer)),
  })),
  mutant("holders are never told of cancels", (store) => ({
    cancels: async (leases) => (await store.cancels(leases)).slice(1),
  })),
  mutant("a cancel's reason is lost", (store) => ({ cancel: (ids) => store.cancel(ids) })),
  mutant("a sweep cancels one child more than its limit", (store) => ({
    cascade: ({ limit }) => store.cascade({ limit: limit + 1 }),
  })),
  mutant("a clean-up takes dead letters too", (store) => ({
    cleanUp: (options) => store.cleanUp({ ...options, states: [...options.states, "dead"] }),
  })),
  mutant("a clean-up never says that more is left", (store) => ({
    cleanUp: async (options) => ({ ...(await store.cleanUp(options)), more: false }),
  })),
  mutant("measures are counted twice where a job goes on", (store) => ({
    settle: (settlements) =>
      store.settle(
        settlements.map((write) =>
          write.outcome.kind === "retry" ? { ...write, measures: { ...write.measures, ran: 2 } } : write,
        ),
      ),
  })),
  mutant("only the first event of a page is told", (store) => ({
    events: async (options) => {
      const page = await store.events(options);
      return { ...page, events: page.events.slice(0, 1) };
    },
  })),
  mutant("an event is read again after its position", (store) => ({
    events: async (options) => {
      const page = await store.events(options);
      const [row, index] = page.next.split(".");
      return {
        ...page,
        next: page.next === options.after ? page.next : `${row}.${Math.max(0, Number(index) - 1)}`,
      };
    },
  })),
  mutant("a fold counts past its limit", (store) => ({ fold: () => store.fold({ limit: 1_000 }) })),
];

/** The memory store with some of its verbs changed. */
export function mutant(name: string, change: (store: Store) => Partial<Store>): Mutant {
  return {
    name,
    create: async () => {
      const test = await memoryHome().create();
      return { ...test, store: { ...test.store, ...change(test.store) } };
    },
  };
}
