/** The limits a memory store holds. */
import type { ControlNote } from "../model/control-note.ts";
import { combinedHolds, type LimitHold, type NewLimitHold } from "../model/limit.ts";
import type { Page, PageOptions } from "../store/call.ts";
import { checkNote } from "../store/checks.ts";
import { checkHolds } from "../store/limit-checks.ts";
import { limitEntries } from "../store/limit-entries.ts";
import type { HoldFilter, LimitStore } from "../store/limit-store.ts";
import type { Memory } from "./memory.ts";
import { pageOf } from "./page.ts";
import { byBytes } from "./sorted-keys.ts";

type Held = Omit<LimitHold, "leftMs">;

/** Holds by key, those that are over among them until `prune`. */
export class Holds {
  readonly #holds = new Map<string, Held>();

  /** The hold in force. */
  get(key: string, now: number): LimitHold | undefined {
    const held = this.#holds.get(key);
    return held === undefined || held.untilMs <= now ? undefined : { ...held, leftMs: held.untilMs - now };
  }

  /** Holds a limit, or lets it go. */
  put({ key, forMs, reason, by, shorten = false }: NewLimitHold, now: number): void {
    if (forMs === 0) this.#holds.delete(key);
    if (forMs === 0) return;
    const untilMs = now + forMs;
    if (!shorten && untilMs <= (this.get(key, now)?.untilMs ?? 0)) return;
    this.#holds.set(key, { key, untilMs, reason, by });
  }

  list({ keys }: HoldFilter, { after, limit }: PageOptions, now: number): Page<LimitHold> {
    const known = [...this.#holds.keys()].filter((key) => keys?.includes(key) ?? true).sort(byBytes);
    return pageOf({
      keys: after === undefined ? known : known.filter((key) => byBytes(key, after) > 0),
      limit,
      row: (key) => this.get(key, now),
    });
  }

  /** Forgets what is over. */
  prune(now: number): void {
    for (const [key, { untilMs }] of this.#holds) if (untilMs <= now) this.#holds.delete(key);
  }
}

/** The verbs on what `opened` gives. */
export function limitVerbs(opened: () => Memory): LimitStore {
  return {
    hold: async (holds, note = {}) => {
      checkHolds(holds);
      checkNote(note);
      return hold(opened(), holds, note);
    },
    holds: async (filter, page) => {
      const { limits, clock } = opened();
      return limits.list(filter, page, clock.now());
    },
  };
}

function hold(
  { limits, audit, clock }: Memory,
  holds: readonly NewLimitHold[],
  note: ControlNote,
): readonly (LimitHold | undefined)[] {
  const now = clock.now();
  const changed = combinedHolds(holds).map((one) => {
    const before = limits.get(one.key, now);
    limits.put(one, now);
    return { key: one.key, before, after: limits.get(one.key, now) };
  });
  audit.append(limitEntries(note, changed), now);
  return holds.map(({ key }) => limits.get(key, now));
}
