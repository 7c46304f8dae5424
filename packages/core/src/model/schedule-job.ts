/** What a fire makes of its schedule's target, under ids that follow from schedule and time. */
import { createHash } from "node:crypto";
import { encodeRest, type ScheduledFor, sealPayload } from "./envelope.ts";
import type { JobId, RunId } from "./ids.ts";
import type { NewJob } from "./job.ts";
import type { NewRun } from "./run.ts";
import type { JobTarget, ScheduleDefinition } from "./schedule.ts";

/** A fire to make: its job, which with a run is that run's coordinator. */
export interface MadeFire {
  readonly fireMs: number;
  readonly job: NewJob;
  readonly run?: NewRun | undefined;
}

/** Under which ids a fire makes what it makes. */
export interface FireIds {
  readonly job: JobId;
  readonly run: RunId;
}

/**
 * What a fire makes, the same for everyone who makes it. Jobs of a schedule that lets one wait have an ordering key, so that
 * it waits; of an instance's runs none waits, for one at a time is active.
 */
export function scheduledFire(
  { target, overlap }: ScheduleDefinition,
  fire: ScheduledFor,
  ids: FireIds = fireIds(fire),
): MadeFire {
  const { fireMs } = fire;
  if (target.kind === "run") {
    const job = { ...jobOf(target.coordinator, fire, ids.job), run: ids.run };
    return { fireMs, job, run: { ...target.run, id: ids.run } };
  }
  const job = { ...jobOf(target, fire, ids.job), ttlMs: target.ttlMs };
  const line = overlap === "queue-one" && {
    orderingKey: JSON.stringify([target.tenant, "schedule", fire.id]),
  };
  return { fireMs, job: { ...job, ...line } };
}

function jobOf(of: Omit<JobTarget, "kind" | "ttlMs">, fire: ScheduledFor, id: JobId): NewJob {
  const { queue, name, tenant, priority, maxRescues, payload, rest } = of;
  const envelope = sealPayload(payload, encodeRest({ ...rest, schedule: fire }));
  return { id, queue, name, tenant, priority, delayMs: 0, maxRescues, envelope };
}

function fireIds(fire: ScheduledFor): FireIds {
  return { job: fireJobId(fire), run: drawnId(fire.fireMs, ["run", fire.id, fire.fireMs]) as RunId };
}

/** The id of the job of a fire: a UUIDv7 of the fire's time, its random part drawn from schedule and time. */
export function fireJobId({ id, fireMs }: ScheduledFor): JobId {
  return drawnId(fireMs, [id, fireMs]) as JobId;
}

function drawnId(atMs: number, from: readonly (string | number)[]): string {
  const drawn = createHash("sha256").update(JSON.stringify(from)).digest("hex");
  const time = atMs.toString(16).padStart(12, "0");
  const variant = ((Number.parseInt(drawn[3] ?? "0", 16) & 0x3) | 0x8).toString(16);
  const parts = [time.slice(0, 8), time.slice(8, 12), `7${drawn.slice(0, 3)}`, variant + drawn.slice(4, 7)];
  return [...parts, drawn.slice(7, 19)].join("-"); // a UUIDv7, put together
}
