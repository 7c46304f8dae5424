/** Schedules in the hands of people: set, looked at, held and fired by hand. */
import type { Actor } from "../model/actor.ts";
import type { ControlNote } from "../model/control-note.ts";
import { MillraceError } from "../model/errors.ts";
import { type FireTimes, fireTimes, nextFires } from "../model/fire-times.ts";
import { type JobId, newId, type RunId } from "../model/ids.ts";
import { badOption, checkName, refuseUnknownKeys } from "../model/options.ts";
import {
  decodeSchedule,
  encodeSchedule,
  type JobTarget,
  type ScheduleDefinition,
  tenantOfTarget,
} from "../model/schedule.ts";
import { type FireIds, scheduledFire } from "../model/schedule-job.ts";
import { sleep, type Timing } from "../runtime/timers.ts";
import type { Page } from "../store/call.ts";
import type { FireAnswer, ScheduleFire, ScheduleRow } from "../store/schedule-store.ts";
import type { Store } from "../store/store.ts";
import { NOTE_KEYS } from "./job-control.ts";
import { type Instant, instantMs } from "./job-times.ts";
import type { TemplateDefaults } from "./new-job.ts";
import {
  type FiringOptions,
  jobTarget,
  previewTiming,
  type ScheduledJob,
  type ScheduledJobOptions,
  scheduleDefinition,
  type TimingOptions,
} from "./schedule-options.ts";
import { type ScheduleRecord, scheduleRecord } from "./schedule-record.ts";
import { type ScheduleWhy, whyNotFound, whyOf } from "./schedule-why.ts";
import { sendingAgain } from "./sending-again.ts";
import { checkInput } from "./validate.ts";

/** What setting a schedule came to. */
export interface SetSchedule extends ScheduleRecord {
  /** `unchanged`: it was there with this definition, and goes on with its times. */
  readonly result: "created" | "changed" | "unchanged";
}

/** What firing a schedule by hand came to. */
export type RunAnswer =
  | Exclude<FireAnswer, { readonly result: "missed" | "stale" }>
  | { readonly result: "not-found" };

/** Which schedules to list, by id. */
export interface ScheduleListOptions {
  readonly tenant?: string | undefined;
  /** 1 to 200; 50 where left out. */
  readonly limit?: number | undefined;
  /** The `next` of an earlier page. */
  readonly after?: string | undefined;
}

/** The schedules of a store. */
export interface Schedules {
  get(id: string): Promise<ScheduleRecord | undefined>;
  list(options?: ScheduleListOptions): Promise<Page<ScheduleRecord>>;
  /** Forgets a schedule. Its jobs stay. */
  remove(id: string, note?: ControlNote): Promise<"removed" | "not-found">;
  pause(id: string, note?: ControlNote): Promise<"paused" | "not-found">;
  /** Has a paused schedule fire again from now on: what it named meanwhile is passed over. */
  resume(id: string, note?: ControlNote): Promise<"resumed" | "not-paused" | "not-found">;
  /** Fires a schedule now, paused or not, as its overlap policy allows; when it fires next stays as it is. */
  run(id: string, note?: ControlNote): Promise<RunAnswer>;
  /** When a schedule fires next, at most so many times (10, 1 to 1,000); `undefined` where there is none. */
  next(id: string, count?: number): Promise<readonly string[] | undefined>;
  /** When a schedule of such times would fire next. @throws MillraceError `bad-config` */
  preview(times: TimingOptions, count?: number): Promise<readonly string[]>;
  /** Why it fired or did not at a time; what it did last, or why it does not, where none is given. */
  why(id: string, at?: Instant): Promise<ScheduleWhy>;
}

/** What the verbs work with. */
export interface SchedulesOptions {
  readonly store: Store;
  readonly timing: Timing;
  /** Who acts where a call does not say. */
  readonly actor: Actor;
  open(): Promise<unknown>;
  /** Jobs may have become ready. */
  onReady(): void;
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;
const DEFAULT_COUNT = 10;
const MAX_COUNT = 1_000;
const LIST_KEYS: readonly (keyof ScheduleListOptions)[] = ["tenant", "limit", "after"];
/** So many times a schedule that changes while it is fired or resumed by hand is read anew, and how long in between. */
const MOST_TRIES = 20;
const RETRY_MS = 50;

/** What a schedule is set to. */
export interface Setting {
  readonly options: FiringOptions;
  readonly target: ScheduleDefinition["target"];
  readonly note?: ControlNote | undefined;
}

/** The target of a schedule of jobs. @throws what `enqueue` throws for its job */
export async function scheduledJobTarget(
  options: ScheduledJobOptions | undefined,
  by: ScheduledJob,
  defaults: TemplateDefaults,
): Promise<JobTarget> {
  if (typeof by.job?.name !== "string") {
    throw badOption("schedule.run", by.job, "a job's definition or name, or a pipeline");
  }
  await checkInput(by.job.name, by.job.input, by.input);
  return jobTarget(options ?? {}, by, defaults);
}

/** Makes a schedule, or changes it. @throws MillraceError `bad-config`, or what the store throws. */
export async function setSchedule(
  { store, timing, actor, open }: SchedulesOptions,
  id: string,
  setting: Setting,
): Promise<SetSchedule> {
  const name = checkName("schedule", id);
  const note = noteBy(actor, setting.note);
  const definition = scheduleDefinition(setting.options, setting.target);
  await open();
  const { nowMs } = await store.dueSchedules({ limit: 0 });
  const nextMs = timesOf(definition).from(nowMs + 1);
  const tenant = tenantOfTarget(definition);
  const schedule = { id: name, tenant, definition: encodeSchedule(definition), nextMs };
  const result = await sendingAgain(timing, () => store.setSchedule(schedule, note));
  const row = await readSchedule(store, name);
  if (row === undefined) throw new MillraceError("not-found", `schedule "${name}" was removed as it was set`);
  return { ...scheduleRecord(row), result };
}

/** Verbs on the schedules of a store. */
export function schedulesOf(options: SchedulesOptions): Schedules {
  const { store, actor, open } = options;
  const opened =
    <Rest extends readonly unknown[], T>(work: (id: string, ...rest: Rest) => Promise<T>) =>
    async (id: string, ...rest: Rest) => {
      checkName("schedule", id);
      await open();
      return work(id, ...rest);
    };
  const noted =
    <T>(work: (id: string, note: ControlNote) => Promise<T>) =>
    async (id: string, given?: ControlNote) => {
      const note = noteBy(actor, given);
      return opened(work)(id, note);
    };
  const get = async (id: string) => {
    const row = await readSchedule(store, id);
    return row && scheduleRecord(row);
  };
  return Object.freeze({
    get: opened(get),
    list: (filter?: ScheduleListOptions) => list(options, filter),
    remove: noted((id, note) => store.removeSchedule(id, note)),
    pause: noted((id, note) => store.pauseSchedule(id, note)),
    resume: noted((id, note) => whileStale(options, id, (row) => resume(store, row, note))),
    run: noted((id, note) => run(options, id, note)),
    next: opened((id, count?: number) => next(store, id, count)),
    preview: async (times: TimingOptions, count?: number) => {
      const checked = checkCount("schedules.preview", count);
      const planned = fireTimes(previewTiming(times));
      await open();
      const { nowMs } = await store.dueSchedules({ limit: 0 });
      return nextFires(planned, nowMs, checked).map(instant);
    },
    why: opened(async (id, at?: Instant) => {
      const atMs = at === undefined ? undefined : instantMs(at, "schedules.why");
      const [row, { nowMs }] = [await readSchedule(store, id), await store.dueSchedules({ limit: 0 })];
      return row === undefined ? whyNotFound(id) : whyOf(row, nowMs, atMs);
    }),
  });
}

/** What a call says of itself, under the client's actor where it names none. */
function noteBy(actor: Actor, note: ControlNote = {}): ControlNote {
  refuseUnknownKeys("schedules", note, NOTE_KEYS);
  return { actor, ...note };
}

async function list({ store, open }: SchedulesOptions, options: ScheduleListOptions = {}) {
  refuseUnknownKeys("schedules.list", options, LIST_KEYS);
  const { tenant, limit = DEFAULT_LIMIT, after } = options;
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw badOption("schedules.list.limit", limit, `1 to ${MAX_LIMIT}`);
  }
  await open();
  const { rows, next } = await store.findSchedules({ tenant }, { limit, after });
  return { rows: rows.map(scheduleRecord), next };
}

async function next(store: Store, id: string, count?: number): Promise<readonly string[] | undefined> {
  const most = checkCount("schedules.next", count);
  const row = await readSchedule(store, id);
  if (row === undefined) return undefined;
  const fromMs = row.paused ? (await store.dueSchedules({ limit: 0 })).nowMs : row.nextMs;
  if (fromMs === undefined) return [];
  const times = timesOf(decodeSchedule(row.definition));
  return nextFires(times, row.paused ? fromMs : fromMs - 1, most).map(instant);
}

async function resume(store: Store, row: ScheduleRow, note: ControlNote) {
  const { nowMs } = await store.dueSchedules({ limit: 0 });
  return store.resumeSchedule(row, timesOf(decodeSchedule(row.definition)).from(nowMs + 1), note);
}

async function run(options: SchedulesOptions, id: string, note: ControlNote): Promise<RunAnswer> {
  const { store, timing, onReady } = options;
  const ids = { job: newId<JobId>(), run: newId<RunId>() };
  const answer = await whileStale(options, id, async (row) => {
    const { nowMs } = await store.dueSchedules({ limit: 0 });
    const fire = manualFire(row, nowMs, ids);
    const [given] = await sendingAgain(timing, () => store.fireSchedules([fire], note));
    return given?.result === "fired" || given?.result === "skipped" ? given : "stale";
  });
  if (answer === "not-found") return { result: answer };
  if (answer.result === "fired") onReady();
  return answer;
}

function manualFire(row: ScheduleRow, fireMs: number, ids: FireIds): ScheduleFire {
  const definition = decodeSchedule(row.definition);
  return {
    schedule: row,
    due: "manual",
    fire: scheduledFire(definition, { id: row.id, fireMs }, ids),
    overlap: definition.overlap,
    nextMs: row.nextMs,
  };
}

/** Does something to a schedule as it is, again where it has changed meanwhile. */
async function whileStale<T>(
  { store, timing }: SchedulesOptions,
  id: string,
  attempt: (row: ScheduleRow) => Promise<T | "stale">,
): Promise<T | "not-found"> {
  for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
    const row = await readSchedule(store, id);
    if (row === undefined) return "not-found";
    const answer = await attempt(row);
    if (answer !== "stale") return answer;
    await sleep(timing, RETRY_MS);
  }
  throw new MillraceError("deadline-exceeded", `schedule "${id}" kept changing; try again`);
}

async function readSchedule(store: Store, id: string): Promise<ScheduleRow | undefined> {
  return (await store.findSchedules({ ids: [id] }, { limit: 1 })).rows[0];
}

function timesOf({ timing }: ScheduleDefinition): FireTimes {
  return fireTimes(timing);
}

function checkCount(option: string, count: number = DEFAULT_COUNT): number {
  if (Number.isSafeInteger(count) && count >= 1 && count <= MAX_COUNT) return count;
  throw badOption(option, count, `a count, 1 to ${MAX_COUNT}`);
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
