/** From an action, a filter and options to the operation a store takes. */
import type { Actor } from "../model/actor.ts";
import { type JobId, newId, type OperationId, type RunId } from "../model/ids.ts";
import { IN_LINE_STATES, type JobState, PRIORITIES, type Priority } from "../model/job.ts";
import { encodeJson, type Json } from "../model/json.ts";
import {
  type Canary,
  type NewOperation,
  OPERATION_ACTIONS,
  type OperationAction,
  type OperationFilter,
} from "../model/operation.ts";
import { badOption, refuseUnknownKeys, withoutUndefined } from "../model/options.ts";
import { perSecondOf, type Rate } from "../model/rate.ts";

/** Which jobs an operation is for: every field given must match. */
export interface OperationSelection {
  /** `dead` where left out; of `cancel` every state of a live job, of `reprioritise` every one of a job in line. */
  readonly states?: readonly JobState[] | undefined;
  /** At most 1,000. */
  readonly ids?: readonly JobId[] | undefined;
  readonly queue?: string | undefined;
  readonly name?: string | undefined;
  readonly tenant?: string | undefined;
  readonly run?: RunId | undefined;
  /** Of dead letters. */
  readonly fingerprint?: string | undefined;
}

/** How an operation goes about it. */
export interface OperationOptions {
  /** Most jobs a second; as fast as it goes where left out. */
  readonly rate?: Rate | undefined;
  /** Kept with the operation and with each job. */
  readonly reason?: string | undefined;
  /** Shown, never trusted for rights. */
  readonly by?: string | undefined;
  /** Whom the audit names; the client's actor where left out. */
  readonly actor?: Actor | undefined;
  /** How many jobs there are, where they were counted before. */
  readonly total?: number | undefined;
}

/** How a replay goes about it. */
export interface ReplayOptions extends OperationOptions {
  /** So many jobs first; the rest only if enough of them complete: all, where only a number is given. */
  readonly canary?:
    | number
    | { readonly jobs: number; readonly minCompleted?: number | undefined }
    | undefined;
  /** A merge patch (RFC 7396) for the payloads. */
  readonly patch?: Json | undefined;
}

/** What an operation is to be. */
export interface OperationRequest extends ReplayOptions {
  readonly action: OperationAction;
  readonly filter: OperationSelection;
  /** The class jobs are to be of; of `reprioritise` only, which needs it. */
  readonly priority?: Priority | undefined;
}

const REQUEST_KEYS: readonly (keyof OperationRequest)[] = [
  "action",
  "filter",
  "priority",
  "rate",
  "reason",
  "by",
  "actor",
  "total",
  "canary",
  "patch",
];
const SELECTION_KEYS: readonly (keyof OperationSelection)[] = [
  "states",
  "ids",
  "queue",
  "name",
  "tenant",
  "run",
  "fingerprint",
];
/** Those meant where a filter names none. */
const STATES: Readonly<Record<OperationAction, readonly JobState[]>> = Object.freeze({
  retry: ["dead"],
  cancel: [...IN_LINE_STATES, "running", "waiting"],
  reprioritise: IN_LINE_STATES,
  delete: ["dead"],
});

/**
 * The operation that was asked for, under a new id.
 * @param what names the call in errors.
 * @throws MillraceError `bad-config`, `not-serialisable`, `too-large`
 */
export function newOperation(what: string, request: OperationRequest): NewOperation {
  refuseUnknownKeys(what, request, REQUEST_KEYS);
  const { action, priority, rate, canary, patch, reason, by, actor, total } = request;
  checkClass(what, request);
  return {
    id: newId<OperationId>(),
    action,
    filter: operationFilter(what, request),
    note: withoutUndefined({ reason, by, actor }),
    ...withoutUndefined({
      priority,
      perSecond: rate === undefined ? undefined : perSecondOf(rate, `${what}.rate`),
      canary: canary === undefined ? undefined : canaryOf(canary),
      patch: patch === undefined ? undefined : encodeJson(patch, `${what}.patch`),
      total,
    }),
  };
}

/** The filter that was asked for. @throws MillraceError `bad-config` */
export function operationFilter(
  what: string,
  { action, filter }: Pick<OperationRequest, "action" | "filter">,
): OperationFilter {
  if (!OPERATION_ACTIONS.includes(action))
    throw badOption(`${what}.action`, action, OPERATION_ACTIONS.join(", "));
  refuseUnknownKeys(`${what}.filter`, filter, SELECTION_KEYS);
  return { ...withoutUndefined(filter), states: filter.states ?? STATES[action] };
}

function checkClass(what: string, { action, priority }: OperationRequest): void {
  const fits =
    action === "reprioritise" ? PRIORITIES.some((each) => each === priority) : priority === undefined;
  if (fits) return;
  const takes =
    action === "reprioritise" ? PRIORITIES.join(", ") : "nothing, unless the action is reprioritise";
  throw badOption(`${what}.priority`, priority, takes);
}

function canaryOf(canary: ReplayOptions["canary"] & (number | object)): Canary {
  if (typeof canary === "number") return { jobs: canary, minCompleted: 100 };
  return { jobs: canary.jobs, minCompleted: canary.minCompleted ?? 100 };
}
