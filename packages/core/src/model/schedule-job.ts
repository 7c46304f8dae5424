/** The job of a fire: made from the schedule's target, under an id that follows from schedule and time. */
import { createHash } from "node:crypto";
import { encodeRest, type ScheduledFor, sealPayload } from "./envelope.ts";
import type { JobId } from "./ids.ts";
import type { NewJob } from "./job.ts";
import type { ScheduleDefinition } from "./schedule.ts";

/**
 * The job of a fire, the same for everyone who makes it. Jobs of a schedule that lets one wait have an ordering key, so that
 * it waits.
 */
export function scheduledJob(definition: ScheduleDefinition, fire: ScheduledFor, id: JobId): NewJob {
  const { target, overlap } = definition;
  return {
    id,
    queue: target.queue,
    name: target.name,
    tenant: target.tenant,
    priority: target.priority,
    delayMs: 0,
    ttlMs: target.ttlMs,
    maxRescues: target.maxRescues,
    ...(overlap === "queue-one" && { orderingKey: JSON.stringify([target.tenant, "schedule", fire.id]) }),
    envelope: sealPayload(target.payload, encodeRest({ ...target.rest, schedule: fire })),
  };
}

/** The id of the job of a fire: a UUIDv7 of the fire's time, its random part drawn from schedule and time. */
export function fireJobId({ id, fireMs }: ScheduledFor): JobId {
  const drawn = createHash("sha256")
    .update(JSON.stringify([id, fireMs]))
    .digest("hex");
  const time = fireMs.toString(16).padStart(12, "0");
  const variant = ((Number.parseInt(drawn[3] ?? "0", 16) & 0x3) | 0x8).toString(16);
  const parts = [time.slice(0, 8), time.slice(8, 12), `7${drawn.slice(0, 3)}`, variant + drawn.slice(4, 7)];
  return [...parts, drawn.slice(7, 19)].join("-") as JobId; // a UUIDv7, put together
}
