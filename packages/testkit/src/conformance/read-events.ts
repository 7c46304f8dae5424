/** Reading events to their end. */
import type { EventPage, StoredEvent } from "@millrace/core";
import { expect } from "vitest";
import type { Scene } from "./scene.ts";

/** Reads on from a position until nothing follows, in pages of a size. */
export async function readAll(scene: Scene, after?: string, limit = 100): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  let from = after;
  for (;;) {
    const page: EventPage = await scene.store.events({
      limit,
      ...(from === undefined ? {} : { after: from }),
    });
    expect(page.reset).toBeUndefined();
    expect(page.events.length).toBeLessThanOrEqual(limit);
    events.push(...page.events);
    if (page.next === from) return events;
    from = page.next;
  }
}

/** Where reading starts that wants nothing of what has happened. */
export async function latest(scene: Scene): Promise<string> {
  return (await scene.store.events({ after: "latest", limit: 1 })).next;
}
