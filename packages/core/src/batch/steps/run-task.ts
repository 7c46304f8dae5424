/** One attempt of a task step: its function, and the mark that says what it gave, in one write. */
import type { JobContext } from "../../job/context.ts";
import type { Control } from "../../job/control.ts";
import { runIn } from "../../job/inside-transaction.ts";
import { MillraceError } from "../../model/errors.ts";
import { encodeJson, type Json } from "../../model/json.ts";
import type { StepRow } from "../../model/step.ts";
import type { Transaction } from "../../store/call.ts";
import { noTransactions } from "../../store/no-transactions.ts";
import type { StepLedger, TaskContext } from "../contexts.ts";
import type { TaskStep } from "../pipeline/step-definition.ts";
import { runContext } from "../run/run-context.ts";
import type { RunLook } from "../run/run-looks.ts";
import type { RunParts } from "../run/run-parts.ts";
import { detailOf, detailText } from "../run/step-detail.ts";
import { Values } from "../run/values.ts";
import { runOf } from "../run-jobs.ts";
import { type Execution, executionOf, partitionOf } from "./execution.ts";
import { heldBack, isOver, readOrPutOff } from "./held-back.ts";
import { ledgerView } from "./ledger-view.ts";
import { resultsBefore } from "./step-results.ts";

interface Running {
  readonly parts: RunParts;
  readonly ctx: JobContext;
  readonly look: RunLook;
  /** The execution's. */
  readonly row: StepRow;
  readonly execution: Execution;
  readonly task: TaskStep;
  readonly steps: Readonly<Record<string, unknown>>;
}

/** Runs the task. What it throws is an ordinary failure of its job, which its retry policy judges. */
export async function runTask(
  parts: RunParts,
  { execution, task }: { readonly execution: Execution; readonly task: TaskStep },
  ctx: JobContext,
): Promise<Control | undefined> {
  const run = runOf(ctx.job);
  const read = await readOrPutOff(ctx, async () => {
    const look = await parts.looks.freshFor(run, execution.name);
    return { look, steps: await resultsBefore(parts, look, execution.index) };
  });
  if ("control" in read) return read.control;
  const { look, steps } = read.value;
  // One that an operator has run again after another execution took its place has nothing to do any more.
  const row = look.steps.get(execution.name);
  if (row === undefined || detailOf(row).job !== ctx.job.id) return undefined;
  if (isOver(look)) return undefined;
  const held = heldBack(look, ctx);
  if (held !== undefined) return held.control;
  const running: Running = { parts, ctx, look, row, execution, task, steps };
  return task.transactional ? inTransaction(running) : perform(running, undefined);
}

/** The task's statements and the end of its step are committed together, or not at all. */
function inTransaction(running: Running): Promise<Control> {
  const { parts, ctx, execution } = running;
  const { transactions } = parts.store.capabilities;
  if (transactions === undefined) throw noTransactions(`step "${execution.step.name}" is transactional`);
  return runIn(
    transactions,
    async (transaction) => {
      const control = await perform(running, transaction);
      ctx.signal.throwIfAborted(); // a task that ran past its time keeps nothing, even if it then succeeded
      return ctx.settle(control, transaction);
    },
    { turn: ctx.signal },
  );
}

async function perform(running: Running, transaction: Transaction | undefined): Promise<Control> {
  const { ctx, look, row, task, steps, parts } = running;
  const detail = detailOf(row);
  const run = runContext(parts.definition, look);
  const step = new Values("step context", detail.context ?? {});
  const given: unknown = await task.run({
    input: look.params,
    steps,
    ctx: taskContext(running, { transaction, run: run.context, step: { get: step.get, set: step.set } }),
  });
  const result = given === undefined ? undefined : (JSON.parse(encodeJson(given, "the result")) as Json); // as kept
  const text = detailText({
    ...detail,
    before: undefined,
    context: step.all(),
    run: run.values.changes(),
    result,
  });
  return ctx.complete(undefined, {
    marks: [{ run: row.run, step: row.step, starts: row.starts, state: "completed", detail: text }],
  });
}

function taskContext(
  { ctx, look, execution, parts, task }: Running,
  own: Pick<TaskContext<unknown, unknown>, "run" | "step" | "transaction">,
): TaskContext<unknown, unknown> {
  return {
    ...own,
    params: look.params,
    signal: ctx.signal,
    partition: partitionOf(execution, look),
    attempt: ctx.attempt,
    fence: ctx.fence,
    log: ctx.log,
    ledger: (name) => {
      executionOfChunks(parts, name);
      return task.transactional
        ? notInTransaction()
        : ledgerView(parts.store, { run: look.row.id, step: name });
    },
  };
}

function executionOfChunks({ definition }: RunParts, name: string): void {
  const known = definition.steps.some(({ name: step }) => step === name || name.startsWith(`${step}/`));
  if (known && executionOf(definition, name).step.work.kind === "chunks") return;
  throw new MillraceError(
    "not-found",
    `"${definition.name}" has no chunk step "${name}", so it has no ledger`,
  );
}

/** An embedded store has one connection, and the transaction has it. */
function notInTransaction(): StepLedger {
  throw new MillraceError(
    "bad-usage",
    "ctx.ledger cannot be asked inside a transactional task; ask it in a step before",
  );
}
