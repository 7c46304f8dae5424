/** Events as programs see them. */
import { TRANSITIONS, type Transition } from "../model/event.ts";
import type { JobId } from "../model/ids.ts";
import { badOption } from "../model/options.ts";
import type { StoredEvent } from "../store/event-store.ts";

/** What can happen to a job. `changed`: journalled by an older version, which did not say how. */
export type EventKind = Transition | "changed";

/** Something that happened to a job. What names the job is `null` once nothing of it is kept. */
export interface JobEvent<Kind extends EventKind = EventKind> {
  /** Pass it as `after` to go on from here, in another process or on another day. */
  readonly position: string;
  readonly kind: Kind;
  readonly job: JobId;
  readonly name: string | null;
  readonly queue: string | null;
  /** Empty for the default tenant. */
  readonly tenant: string | null;
  /** On the store's clock, ISO 8601. */
  readonly at: string;
}

/** Events before this position are gone: whoever followed them missed some. What comes next is the oldest kept. */
export interface ResetEvent {
  readonly position: string;
  readonly kind: "reset";
}

export type MillraceEvent = JobEvent | ResetEvent;

/** What `mr.on` can listen to. */
export type Listened = EventKind | "reset" | "*";
/** What a listener gets. */
export type EventOf<Kind extends Listened> = Kind extends "*"
  ? MillraceEvent
  : Kind extends EventKind
    ? JobEvent<Kind>
    : ResetEvent;

/** The event of a store's row. */
export function jobEvent({ position, kind, job, atMs, ...names }: StoredEvent): JobEvent {
  return Object.freeze({
    position,
    kind,
    job,
    name: names.name ?? null,
    queue: names.queue ?? null,
    tenant: names.tenant ?? null,
    at: new Date(atMs).toISOString(),
  });
}

const LISTENED: readonly unknown[] = [...TRANSITIONS, "changed", "reset", "*"];

/** @throws MillraceError `bad-config` */
export function checkListened(kind: unknown): void {
  if (!LISTENED.includes(kind)) throw badOption("on: kind", kind, LISTENED.join(", "));
}
