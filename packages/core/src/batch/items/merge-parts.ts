/** The step that makes one file of what the chunks of a step before it have written. */
import type { TaskContext } from "../contexts.ts";
import type { FileWriter, MergedFile } from "./file-writer.ts";

/** What the task looks at. */
interface MergeInput<Name extends string> {
  readonly steps: { readonly [K in Name]: { readonly written: number } };
  readonly ctx: Pick<TaskContext<unknown, unknown>, "run" | "signal" | "fence">;
}

/**
 * A task for the step behind a chunk step whose `writer` is an `ndjsonWriter` or a `csvWriter`; give it `alwaysRun: true`,
 * so that what a restart adds is merged, too.
 *
 * Guaranteed: the file has exactly the outputs of the items that the ledger says are done, each once, whatever dies in
 * between and however often a chunk is run; it is there whole or as it was before. It has them in the order of the
 * reader, where the step gives no `weight`; what a restart adds comes last. All workers of the step must reach the same
 * folder, or the task fails: it compares with the step's counters.
 *
 * The result is `{ path, records, bytes }`. @throws MillraceError `bad-usage` where parts are missing.
 */
export function mergeParts<const Name extends string>(
  writer: FileWriter<never>,
  step: Name,
): (input: MergeInput<Name>) => Promise<MergedFile> {
  return ({ steps, ctx }) =>
    writer.merge({ run: ctx.run.id, fence: ctx.fence, signal: ctx.signal, written: steps[step].written });
}
