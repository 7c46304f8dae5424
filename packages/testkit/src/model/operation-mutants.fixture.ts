/** Stores whose rules of operations and dead letters are broken, one each. */
import type { OperationId, Store } from "@millrace/core";
import { memoryHome } from "../stores/memory-home.ts";
import { type Brain, modelStore } from "./model-store.fixture.ts";
import type { Mutant } from "./mutant.fixture.ts";
import { answerOf } from "./reference-model.ts";
import type { ModelOperation, ModelState } from "./state.ts";

/** Every mutant of operations. */
export const OPERATION_MUTANTS: readonly Mutant[] = [
  altered("a page that is out is given to others too", "takeOperation", (operation, { nowMs }) => ({
    ...operation,
    dueAtMs: nowMs,
  })),
  altered("an operation does not keep to its rate", "advanceOperation", (operation, { nowMs }) => ({
    ...operation,
    dueAtMs: operation.row.state === "canary" ? operation.dueAtMs : nowMs,
  })),
  altered("each page begins with the first job again", "advanceOperation", (operation) => ({
    ...operation,
    cursor: "",
  })),
  altered("what was there later is an operation's too", "startOperation", (operation) => ({
    ...operation,
    row: { ...operation.row, createdAtMs: operation.row.createdAtMs + 1_000_000 },
  })),
  altered("a canary waits for nobody", "advanceOperation", (operation) =>
    operation.row.state === "canary"
      ? { ...operation, row: { ...operation.row, state: "running", isCanaryPassed: true } }
      : operation,
  ),
  {
    ...altered(
      "a canary that is over lets the rest follow, however it ended",
      "takeOperation",
      (operation) =>
        operation.row.state === "failed"
          ? {
              ...operation,
              row: { ...operation.row, state: "running", error: undefined, finishedAtMs: undefined },
            }
          : operation,
    ),
    fixture: "a-canary-fails-and-an-operation-is-aborted",
  },
  wrapped("a page takes effect under any turn", (store) => {
    const turns = new Map<OperationId, number>();
    return {
      takeOperation: async (options) => {
        const turn = await store.takeOperation(options);
        if (turn !== undefined) turns.set(turn.operation.id, turn.operation.turn);
        return turn;
      },
      advanceOperation: (page) => store.advanceOperation({ ...page, turn: turns.get(page.id) ?? page.turn }),
    };
  }),
  wrapped("an envelope that comes with a replay is forgotten", (store) => ({
    advanceOperation: (page) =>
      store.advanceOperation({
        ...page,
        members: page.members.map((member) => ({ ...member, envelope: undefined })),
      }),
  })),
  wrapped("a job that cannot be treated is treated all the same", (store) => ({
    advanceOperation: (page) =>
      store.advanceOperation({
        ...page,
        members: page.members.map((member) => ({ ...member, problem: undefined })),
      }),
  })),
  {
    ...wrapped("an aborted operation goes on", (store) => ({
      abortOperation: async (id) => {
        const { rows } = await store.operations({ ids: [id] }, { limit: 1 });
        const isLive = rows[0]?.state === "running" || rows[0]?.state === "canary";
        return rows[0] === undefined ? "not-found" : isLive ? "aborted" : "already-finished";
      },
    })),
    fixture: "a-canary-fails-and-an-operation-is-aborted",
  },
  wrapped("an operation is started and the audit does not say so", (store) => ({
    startOperation: ({ note: { actor: _, ...note }, ...operation }) =>
      store.startOperation({ ...operation, note }),
  })),
  {
    ...wrapped("an operation is aborted and the audit does not say so", (store) => ({
      abortOperation: (id, { actor: _, ...note } = {}) => store.abortOperation(id, note),
    })),
    fixture: "a-canary-fails-and-an-operation-is-aborted",
  },
  wrapped("a count forgets the fingerprint", (store) => ({
    countMatching: (filter, page) => store.countMatching({ ...filter, fingerprint: undefined }, page),
  })),
  wrapped("groups say one too many", (store) => ({
    deadGroups: async (filter, page) => {
      const found = await store.deadGroups(filter, page);
      return { ...found, rows: found.rows.map((group) => ({ ...group, count: group.count + 1 })) };
    },
  })),
  wrapped("dead letters come the first to die first", (store) => ({
    deadLetters: async (filter, page) => {
      const found = await store.deadLetters(filter, page);
      return { ...found, rows: found.rows.toReversed() };
    },
  })),
  {
    ...wrapped("depths are counted past what was asked", (store) => ({
      deadDepths: () => store.deadDepths({ atMost: 1_000 }),
    })),
    seed: 6,
  },
];

/** The model, but after each call of the verb the operations that it touched are altered. */
function altered(
  name: string,
  verb: string,
  alter: (operation: ModelOperation, state: ModelState) => ModelOperation,
): Mutant {
  const brain: Brain = (before, call) => {
    const given = answerOf(before, call);
    if (call.verb !== verb) return given;
    const operations = [...given.state.operations].map(([id, operation]) => {
      const isTouched = before.operations.get(id) !== operation;
      return [id, isTouched ? alter(operation, given.state) : operation] as const;
    });
    return { ...given, state: { ...given.state, operations: new Map(operations) } };
  };
  return { name, create: async () => modelStore(brain) };
}

function wrapped(name: string, change: (store: Store) => Partial<Store>): Mutant {
  return {
    name,
    create: async () => {
      const test = await memoryHome().create();
      return { ...test, store: { ...test.store, ...change(test.store) } };
    },
  };
}
