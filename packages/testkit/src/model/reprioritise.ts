/** How the reference model gives jobs in line another class. */
import type { JobId, Priority, ReprioritiseAnswer } from "@millrace/core";
import { type Answer, type ModelJob, type ModelState, withJob } from "./state.ts";

/** Of all jobs in line among them; an id met twice is answered alike. */
export function reprioritise(
  state: ModelState,
  ids: readonly JobId[],
  priority: Priority,
): Answer<readonly ReprioritiseAnswer[]> {
  const answer = ids.map((id) => answerTo(state.jobs.get(id), priority));
  const moved = ids.flatMap((id, index) => (answer[index] === "changed" ? (state.jobs.get(id) ?? []) : []));
  const after = moved.reduce(
    (next, job) => withJob(next, { ...job, spec: { ...job.spec, priority } }),
    state,
  );
  return { state: after, answer };
}

function answerTo(job: ModelJob | undefined, priority: Priority): ReprioritiseAnswer {
  if (job === undefined) return "not-found";
  if (job.place !== "queued") return "not-in-line";
  return job.spec.priority === priority ? "unchanged" : "changed";
}
