/** Reads claim's answer. */
import {
  type ClaimedJob,
  type JobId,
  MillraceError,
  type Priority,
  type RunId,
  type Token,
} from "@millrace/core";

type JobReply = readonly [
  id: JobId,
  token: Token,
  queue: string,
  name: string,
  tenant: string,
  priority: Priority,
  attempts: number,
  generation: number,
  parent: JobId | "",
  run: RunId | "",
  envelope: string,
  waitedMs: number,
  checkpoint: string | null,
];

/** A tag, then jobs. */
export type ClaimReply = readonly [tag: "claimed" | "lease-used", ...jobs: JobReply[]];

/** @throws MillraceError `bad-usage` where the lease's id has been used. */
export function claimedJobs([tag, ...jobs]: ClaimReply, lease: string): readonly ClaimedJob[] {
  if (tag === "lease-used") {
    throw new MillraceError("bad-usage", `lease ${lease} exists already; every claim needs a new lease id`);
  }
  return jobs.map(claimedJob);
}

function claimedJob(reply: JobReply): ClaimedJob {
  const [
    id,
    token,
    queue,
    name,
    tenant,
    priority,
    attempts,
    generation,
    parent,
    run,
    envelope,
    waitedMs,
    checkpoint,
  ] = reply;
  const job: Partial<ClaimedJob> = {
    id,
    token,
    queue,
    name,
    tenant,
    priority,
    attempt: attempts + 1,
    generation,
    waitedMs,
    ...(parent !== "" && { parent }),
    ...(run !== "" && { run }),
    envelope,
    ...(checkpoint !== null && { checkpoint }),
  };
  return job as ClaimedJob; // whole but for what the port gains later
}
