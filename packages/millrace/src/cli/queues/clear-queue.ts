/** The command `queues clear`: cancels all that stands in line in a queue. */
import type { JobState } from "@millrace/core";
import { withClient } from "../client.ts";
import { type BulkOptions, changeMatching } from "../jobs/bulk.ts";
import { jobQuery, type QueryOptions } from "../jobs/job-query.ts";
import type { Shell } from "../shell.ts";

/** Options of the command. */
export interface ClearOptions extends BulkOptions, Pick<QueryOptions, "name" | "tenant" | "priority"> {
  readonly reason?: string;
  readonly by?: string;
}

const IN_LINE: readonly JobState[] = ["scheduled", "ready", "retrying"];

/** What runs, or waits for its children, goes on. The jobs end cancelled: their history is kept, and `jobs retry` takes them back. */
export async function clearQueue(shell: Shell, queue: string, options: ClearOptions): Promise<number> {
  const { name, tenant, priority, reason, by } = options;
  return withClient(shell, { reads: true }, async ({ mr, home }) => {
    const chosen: QueryOptions = { ...definedOf({ name, tenant, priority }), queue };
    const query = await jobQuery(chosen, home, IN_LINE);
    const change = {
      verb: "cancel",
      doing: "cancelling",
      apply: (ids: readonly string[]) => mr.jobs.cancel(ids, { reason, by }),
    };
    return changeMatching(shell, { store: home.store, query, change }, options);
  });
}

function definedOf(
  options: {
    readonly [Name in "name" | "tenant" | "priority"]: QueryOptions[Name] | undefined;
  },
): QueryOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
