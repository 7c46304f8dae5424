/** What a program says of its queues' capacities, and that it holds. */
import { describe, expect, test } from "vitest";
import { memoryStore } from "../memory/memory-store.ts";
import { createMillrace } from "../millrace.ts";
import type { ProgramOptions } from "../program.ts";
import type { Logger } from "../runtime/logger.ts";
import type { QueueChange } from "../store/queue-store.ts";
import type { Store } from "../store/store.ts";
import { interceptedStore } from "./intercepted-store.ts";
import { mail } from "./program.fixture.ts";

describe("a queue's capacity", () => {
  const logged: { level: string; message: string }[] = [];
  const logger = Object.fromEntries(
    (["debug", "info", "warn", "error"] as const).map((level) => [
      level,
      (message: string) => void logged.push({ level, message }),
    ]),
  ) as unknown as Logger;

  async function open(store: Store, capacity: number | object, changes: QueueChange[] = []) {
    const counted = interceptedStore(store, async ({ verb, args }, make) => {
      if (verb === "configureQueue") changes.push(args[1] as QueueChange);
      return make();
    });
    const options: ProgramOptions = { queues: { mail: { capacity } } };
    const mr = createMillrace({ store: counted, jobs: [mail], logger, ...options });
    await mr.open();
    return { mr, changes };
  }

  test("is set when the store is opened, and holds for whoever enqueues", async () => {
    const { mr } = await open(memoryStore(), 2);
    expect(await mr.queues.list()).toEqual([
      { queue: "mail", paused: false, capacity: 2, capacities: {}, source: "configuration" },
    ]);
    expect(await mr.enqueueMany(mail, [1, 2, 3])).toMatchObject({ enqueued: 2, refused: 1 });
    await expect(mr.enqueue(mail)).rejects.toMatchObject({ code: "queue-full" });
    await mr.close();
  });

  test("that stands already is not set again", async () => {
    const store = memoryStore();
    await open(store, { total: 9, bulk: 2 });
    const { changes } = await open(store, { total: 9, bulk: 2 });
    expect(changes).toEqual([]);
  });

  test("of another program is replaced with a warning; what is not named stays", async () => {
    const store = memoryStore();
    const { mr } = await open(store, { total: 50, bulk: 2, low: 7 });
    await mr.queues.pause("mail");
    logged.length = 0;
    await open(store, 10);
    expect(await mr.queues.list()).toEqual([
      {
        queue: "mail",
        paused: true,
        capacity: 10,
        capacities: { low: 7, bulk: 2 },
        source: "configuration",
      },
    ]);
    expect(logged).toEqual([
      {
        level: "warn",
        message: expect.stringContaining('queue "mail": capacity was 50 in the store and is 10'),
      },
    ]);
  });

  test("of an operator stands, with a warning at each start, until it is taken back", async () => {
    const store = memoryStore();
    const { mr } = await open(store, 10);
    await mr.queues.setCapacity("mail", { total: 50 });
    logged.length = 0;
    await open(store, 10);
    expect(await mr.queues.list()).toMatchObject([{ capacity: 50, source: "operator" }]);
    expect(logged).toEqual([
      {
        level: "warn",
        message:
          'queue "mail": an operator has set capacity to 50, which stands; this program is configured with 10, which holds once "millrace queues set mail --unset" has been run',
      },
    ]);
    await mr.queues.setCapacity("mail", { total: null });
    await open(store, 10);
    expect(logged.at(-1)?.message).toContain("has set capacity to none");
    expect(await mr.enqueueMany(mail, Array.from({ length: 60 }))).toMatchObject({ enqueued: 60 });
    await mr.queues.unsetCapacity("mail");
    expect(await mr.queues.list()).toEqual([]);
    await open(store, 10);
    expect(await mr.queues.list()).toMatchObject([{ capacity: 10, source: "configuration" }]);
  });

  test("that could not be set is tried again by the next call", async () => {
    let isDown = true;
    const store = interceptedStore(memoryStore(), async ({ verb }, make) => {
      if (verb === "configureQueue" && isDown) throw new Error("down");
      return make();
    });
    const mr = createMillrace({ store, jobs: [mail], logger, queues: { mail: { capacity: 1 } } });
    await expect(mr.enqueue(mail)).rejects.toThrow("down");
    isDown = false;
    await mr.enqueue(mail);
    await expect(mr.enqueue(mail)).rejects.toMatchObject({ code: "queue-full" });
    await mr.close();
  });
});
