/** The context as definitions see it: what the worker gives, with children made of definitions. */
import type { JobContext } from "../job/context.ts";
import type { JobId } from "../model/ids.ts";
import type { JobDefinition } from "./define-job.ts";
import type { EnqueueOptions } from "./new-job.ts";

/** Options of a child; tenant, correlation id and submitter are its parent's where left out. */
export type ChildOptions = Omit<EnqueueOptions, "transaction">;

/** An input that may be left out where the definition takes anything. */
type ChildArguments<Input> = unknown extends Input
  ? [input?: Input, options?: ChildOptions]
  : [input: Input, options?: ChildOptions];

/** What `run` is given beside its input. */
export interface HandlerContext extends JobContext {
  enqueueChild<Name extends string, Input, Parsed, Result>(
    definition: JobDefinition<Name, Input, Parsed, Result>,
    ...rest: ChildArguments<NoInfer<Input>>
  ): JobId;
}
