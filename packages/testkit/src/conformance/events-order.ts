/** Rules of the order of events, their positions, and what becomes of old ones. */
import type { JobId, StoredEvent } from "@millrace/core";
import { expect } from "vitest";
import { COMPLETED, DAY_MS, HOUR_MS, item, newJobs, newStep, retry } from "./builders.ts";
import { latest, readAll } from "./read-events.ts";
import { MULTI_PROCESS, type Rule, TRANSACTIONS } from "./rule.ts";
import type { Scene } from "./scene.ts";

export function positionRules(rule: Rule): void {
  rule("grow, and reading after any of them gives exactly what is later", async (scene) => {
    await scene.store.enqueue(newJobs(4));
    await scene.settleAll(await scene.claim({ max: 3 }), COMPLETED);
    await scene.store.enqueue(newJobs(2));
    const all = await readAll(scene);
    expect(all).toHaveLength(12);
    for (const [index, { position }] of all.entries()) {
      expect(await readAll(scene, position)).toEqual(all.slice(index + 1));
      const next = all[index + 1];
      if (next) expect(parts(position) < parts(next.position)).toBe(true);
    }
  });

  rule("every size of page reads the same", async (scene) => {
    await scene.store.enqueue(newJobs(5));
    await scene.settleAll(await scene.claim({ max: 4 }), retry(0));
    await scene.add();
    const all = await readAll(scene);
    for (const limit of [1, 2, 3, 4, 5, 1_000]) expect(await readAll(scene, undefined, limit)).toEqual(all);
  });

  rule("at the end stay where they are until something happens", async (scene) => {
    const empty = await scene.store.events({ limit: 10 });
    expect(empty.events).toEqual([]);
    expect(await scene.store.events({ after: empty.next, limit: 10 })).toEqual(empty);
    const { id } = await scene.add();
    const page = await scene.store.events({ after: empty.next, limit: 10 });
    expect(page.events.map(({ job }) => job)).toEqual([id]);
    expect(page.next).toBe(page.events[0]?.position);
    expect(await scene.store.events({ after: page.next, limit: 10 })).toEqual({
      events: [],
      next: page.next,
    });
  });

  rule("`latest` passes by what has happened, folded or not", async (scene) => {
    await scene.store.enqueue(newJobs(3));
    await scene.store.fold({ limit: 1 });
    await scene.add();
    const position = await latest(scene);
    expect(await readAll(scene, position)).toEqual([]);
    const { id } = await scene.add();
    expect((await readAll(scene, position)).map(({ job }) => job)).toEqual([id]);
    expect(await latest(scene)).not.toBe(position);
  });

  rule("that are none are refused", async (scene) => {
    for (const after of ["", "1", "1.", ".1", "-1.0", "1.1.1", "a.b", "1e3.0", `${"9".repeat(30)}.0`]) {
      await expect(scene.store.events({ after, limit: 1 })).rejects.toMatchObject({ code: "bad-input" });
    }
  });
}

/** A position as a number that sorts as it does. */
function parts(position: string): number {
  const [row, index] = position.split(".").map(Number);
  return (row ?? 0) * 1_000 + (index ?? 0);
}

export function concurrencyRules(rule: Rule): void {
  rule("each is read once by a reader that follows many writers", async (scene) => {
    const ids = new Set<JobId>();
    const read: StoredEvent[] = [];
    let after = await latest(scene);
    let writing = 0;
    const write = async () => {
      for (let round = 0; round < 5; round += 1) {
        const jobs = newJobs(3);
        for (const { id } of jobs) ids.add(id);
        await scene.store.enqueue(jobs);
        await scene.settleAll(await scene.claim({ max: 2 }), COMPLETED);
      }
      writing -= 1;
    };
    const writers = Array.from({ length: 6 }, () => {
      writing += 1;
      return write();
    });
    const follow = async () => {
      for (let last = false; ; ) {
        const page = await scene.store.events({ after, limit: 7 });
        read.push(...page.events);
        if (last && page.next === after) return;
        last = writing === 0;
        after = page.next;
      }
    };
    await Promise.all([...writers, follow()]);
    expect(
      read
        .filter(({ kind }) => kind === "enqueued")
        .map(({ job }) => job)
        .toSorted(),
    ).toEqual([...ids].toSorted());
    const told = read.map(({ job, kind }) => `${job} ${kind}`);
    expect(new Set(told).size).toBe(told.length);
    expect(await countKinds(read)).toEqual(await countStates(scene));
    for (const id of ids) {
      const kinds = read.filter(({ job }) => job === id).map(({ kind }) => kind);
      expect(["enqueued", "claimed", "completed"].slice(0, kinds.length)).toEqual(kinds);
    }
  });

  rule(
    "what a transaction held open wrote comes when it commits, and holds up nothing else",
    async (scene) => {
      const { transactions } = scene.store.capabilities;
      if (transactions === undefined) throw new Error("the store has transactions");
      const [held, others, late] = [newJobs(2), newJobs(3), newJobs(1)];
      const start = await latest(scene);
      const before: StoredEvent[] = [];
      await transactions.run(async (transaction) => {
        await scene.store.enqueue(held, { transaction });
        for (const job of others) await scene.store.enqueue([job]);
        await scene.foldAll();
        before.push(...(await readAll(scene, start)));
      });
      await scene.store.enqueue(late);
      expect(before.map(({ job }) => job)).toEqual(others.map(({ id }) => id));
      const after = await readAll(scene, before.at(-1)?.position);
      expect(after.map(({ job }) => job)).toEqual([...held, ...late].map(({ id }) => id));
      expect(await readAll(scene, start)).toEqual([...before, ...after]);
    },
    MULTI_PROCESS,
  );

  rule(
    "what is rolled back never happened",
    async (scene) => {
      const { transactions } = scene.store.capabilities;
      const undone = new Error("rolled back on purpose");
      const run = transactions?.run(async (transaction) => {
        await scene.store.enqueue(newJobs(2), { transaction });
        throw undone;
      });
      await expect(run).rejects.toBe(undone);
      const { id } = await scene.add();
      expect((await readAll(scene)).map(({ job }) => job)).toEqual([id]);
    },
    TRANSACTIONS,
  );
}

function countKinds(read: readonly StoredEvent[]): Record<string, number> {
  const count = (kind: string) => read.filter((event) => event.kind === kind).length;
  const [enqueued, claimed, completed] = [count("enqueued"), count("claimed"), count("completed")];
  return { queued: enqueued - claimed, running: claimed - completed, completed };
}

async function countStates(scene: Scene): Promise<Record<string, number>> {
  return { queued: 0, running: 0, completed: 0, ...(await scene.queueCounts()) };
}

export function resetRules(rule: Rule): void {
  rule("a position before what was pruned is answered with a reset, and where to go on", async (scene) => {
    const start = await latest(scene);
    await scene.store.enqueue(newJobs(3));
    const [first, second, third] = await readAll(scene);
    if (!first || !second || !third) throw new Error("three jobs were enqueued");
    await scene.advance(DAY_MS + 1);
    const { id } = await scene.add();
    await scene.foldAll();
    await scene.store.fold({ limit: 1 });
    for (const after of [start, first.position, second.position]) {
      const page = await scene.store.events({ after, limit: 10 });
      expect(page).toEqual({ events: [], next: third.position, reset: true });
    }
    expect((await readAll(scene, third.position)).map(({ job }) => job)).toEqual([id]);
    expect((await readAll(scene)).map(({ job }) => job)).toEqual([id]);
  });

  rule("events are forgotten as soon as the fold is told, and not before", async (scene) => {
    const start = await latest(scene);
    await scene.store.enqueue(newJobs(2));
    const all = await readAll(scene, start);
    await scene.advance(HOUR_MS);
    await scene.store.fold({ limit: 10, keepEventsMs: HOUR_MS + 60_000 });
    expect(await readAll(scene, start)).toEqual(all);
    await scene.store.fold({ limit: 10, keepEventsMs: HOUR_MS - 60_000 });
    expect(await scene.store.events({ after: start, limit: 10 })).toMatchObject({ events: [], reset: true });
    expect(await readAll(scene)).toEqual([]);
  });

  rule("a reader who has read everything is not reset, however long nothing happens", async (scene) => {
    const held = await scene.hold();
    await scene.save(held, { step: newStep(), items: [item("a")] });
    const after = await latest(scene);
    expect((await readAll(scene)).map(({ kind }) => kind)).toEqual(["enqueued", "claimed"]);
    await scene.advance(DAY_MS + 1);
    await scene.foldAll();
    expect(await latest(scene)).toBe(after);
    expect(await scene.store.events({ after, limit: 10 })).toEqual({ events: [], next: after });
    const { id } = await scene.add();
    expect((await readAll(scene, after)).map(({ job }) => job)).toEqual([id]);
  });

  rule("so is one that this store never gave", async (scene) => {
    await scene.add();
    const end = await latest(scene);
    const ahead = `${Number(end.split(".")[0]) + 1_000}.1`;
    const page = await scene.store.events({ after: ahead, limit: 10 });
    expect(page).toMatchObject({ events: [], reset: true });
    expect(await readAll(scene, page.next)).toHaveLength(1);
  });
}
