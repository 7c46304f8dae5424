/** Limits in the hands of people and programs: what is held, holding, letting go. */

import type { LimitGate } from "../job/limit-gate.ts";
import { type HoldLeft, holdMs, limitsOn } from "../job/limits.ts";
import type { Actor } from "../model/actor.ts";
import type { ControlNote } from "../model/control-note.ts";
import type { Duration } from "../model/duration.ts";
import type { LimitHold } from "../model/limit.ts";
import { badOption, refuseUnknownKeys } from "../model/options.ts";
import { everyPage } from "../store/every-page.ts";
import type { Store } from "../store/store.ts";
import { NOTE_KEYS } from "./job-control.ts";

/** A hold in force. Instants are ISO 8601 in UTC. */
export interface HoldRecord extends Omit<LimitHold, "untilMs"> {
  readonly until: string;
}

/** Options of a hold by a person or a program. */
export interface HoldOptions {
  /** From now on. */
  readonly for: Duration;
  /** At most 500 characters. */
  readonly reason?: string | undefined;
  /** Ends then even where a hold in force would last longer. */
  readonly shorten?: boolean | undefined;
}

/** Limits of a store. */
export interface LimitControl {
  /** What is held, by key. */
  list(): Promise<readonly HoldRecord[]>;
  /**
   * Holds a limit for every process on the store: jobs defined with it are put off until then. Never shortens a hold, unless
   * it says so. Gives what is in force then.
   * @throws MillraceError `bad-config`, `bad-input` for a key or reason that no store keeps, or what the store throws.
   */
  hold(key: string, options: HoldOptions, note?: ControlNote): Promise<HoldRecord>;
  /** The same in short, for code that calls something: no act of a person's, and nothing in the audit. */
  hold(key: string, duration: Duration, reason?: string): Promise<void>;
  /** Lets a limit go; jobs that were put off notice within five minutes, or when their time comes. */
  release(key: string, note?: ControlNote): Promise<void>;
  /** What is left of the hold on a limit, as known here for at most a second; `undefined` where nothing holds it. */
  left(key: string): Promise<HoldLeft | undefined>;
}

/** What {@link limitControlOf} works with. */
export interface LimitControlOptions {
  readonly store: Store;
  readonly gate: LimitGate;
  /** Who acts where a call does not say. */
  readonly actor: Actor;
  open(): Promise<unknown>;
}

const KEYS: readonly (keyof HoldOptions)[] = ["for", "reason", "shorten"];
const PAGE = 1_000;

/** Works on a store that `open` opens. */
export function limitControlOf({ store, gate, actor, open }: LimitControlOptions): LimitControl {
  const limits = limitsOn(gate, actor.id.slice(0, 200));
  const by = actor.id.slice(0, 200);

  async function holdAs(key: string, options: HoldOptions, note: ControlNote = {}): Promise<HoldRecord> {
    refuseUnknownKeys("limits.hold", options, KEYS);
    refuseUnknownKeys("limits.hold", note, NOTE_KEYS);
    const { reason, shorten } = options;
    const forMs = holdMs(options.for, "limits.hold.for");
    await open();
    const said = { actor, reason, ...note };
    const [held] = await gate.hold([{ key, forMs, reason, shorten, by: note.by ?? by }], said);
    if (held === undefined) throw badOption("limits.hold.for", options.for, "more than 0");
    return holdRecord(held);
  }

  async function hold(
    key: string,
    how: HoldOptions | Duration,
    more?: ControlNote | string,
  ): Promise<HoldRecord | undefined> {
    if (typeof how === "object") return holdAs(key, how, typeof more === "string" ? { reason: more } : more);
    await open();
    await limits.hold(key, how, typeof more === "string" ? more : more?.reason);
    return undefined;
  }

  return Object.freeze({
    list: async () => {
      await open();
      return listHolds(store);
    },
    hold: hold as LimitControl["hold"], // of options a record, of a duration nothing
    release: async (key: string, note: ControlNote = {}) => {
      refuseUnknownKeys("limits.release", note, NOTE_KEYS);
      await open();
      await gate.hold([{ key, forMs: 0 }], { actor, ...note });
    },
    left: async (key: string) => {
      await open();
      return limits.left(key);
    },
  });
}

/** All that is in force, by key. */
export async function listHolds(store: Pick<Store, "holds">): Promise<readonly HoldRecord[]> {
  const records: HoldRecord[] = [];
  for await (const rows of everyPage(PAGE, (page) => store.holds({}, page)))
    records.push(...rows.map(holdRecord));
  return records;
}

/** Makes a hold readable. */
export function holdRecord({ untilMs, ...hold }: LimitHold): HoldRecord {
  return { ...hold, until: new Date(untilMs).toISOString() };
}
