/** Children as a handler makes them and meets them again. */
import type { AttemptError } from "../model/attempt.ts";
import type { JobId } from "../model/ids.ts";
import type { JobState, NewJob } from "../model/job.ts";
import type { Json } from "../model/json.ts";
import type { JobInfo } from "./context.ts";

/** What a child is to be made of: a definition, an input and options, as the client knows them. */
export interface ChildRequest {
  readonly definition: unknown;
  readonly input: unknown;
  readonly options: object;
  readonly parent: JobInfo;
}

/** A child ready to be spawned; `checking` rejects where its input turns out to be bad. */
export interface NewChild {
  readonly job: NewJob;
  readonly checking?: Promise<void> | undefined;
}

/** A child as its parent sees it. */
export interface ChildResult {
  readonly id: JobId;
  readonly name: string;
  readonly state: JobState;
  /** What a completed child returned, as JSON keeps it; `null` where it returned nothing or has not completed. */
  readonly result: Json;
  /** Of the last failed attempt, while no later one has succeeded. */
  readonly error: AttemptError | null;
}
