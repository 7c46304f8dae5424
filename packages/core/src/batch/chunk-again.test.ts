import { describe, expect, test } from "vitest";
import { sealEnvelope } from "../model/envelope.ts";
import { newId } from "../model/ids.ts";
import { bad, chunkScene, refusing } from "./chunk.fixture.ts";

describe("items that run again because they failed", () => {
  test("are those of which another job has left a failed row, and replace it", async () => {
    const of = chunkScene({ work: { isRetry: true }, rules: { ledger: "failures", process: refusing(4) } });
    const other = chunkScene({ rules: { process: refusing(2, 4) } });
    await other.run();
    await leave(of, await other.rows());
    expect(await of.counters()).toEqual({ done: 3, failed: 2 });
    await of.run();
    expect(await of.counters()).toEqual({ done: 4, failed: 1 });
    expect((await of.rows()).filter(({ state }) => state === "failed").map(({ key }) => key)).toEqual([
      "key-4",
    ]);
  });

  test.each([
    ["all", true],
    ["failures", true],
    ["none", true],
    ["all", false],
    ["failures", false],
    ["none", false],
  ] as const)(
    "of level %s run again with their dead chunk, rows of them or none: %s",
    async (ledger, hasRows) => {
      let isBroken = true;
      const processed: unknown[] = [];
      const of = chunkScene({
        rules: {
          ledger,
          prepare: () => {
            if (isBroken) throw bad("the shelf");
          },
          process: (item) => {
            processed.push(item);
            return item;
          },
        },
      });
      const { id, state } = await of.run();
      expect(state).toBe("dead");
      if (hasRows)
        await leave(
          of,
          [1, 2, 3, 4, 5].map((item) => ({ key: `key-${item}`, state: "failed" })),
        );
      isBroken = false;
      await of.mr.jobs.retry(id);
      await of.time.advance(10_000);
      expect(await of.job()).toMatchObject({ state: "completed" });
      expect(await of.counters()).toEqual({ done: 5 });
      expect(processed).toEqual([1, 2, 3, 4, 5]);
    },
  );
});

/** Has another job leave these rows. */
async function leave(
  of: ReturnType<typeof chunkScene>,
  rows: readonly { readonly key: string; readonly state: "done" | "failed" | "filtered" | "skipped" }[],
): Promise<void> {
  await of.mr.open();
  const { step } = of.work;
  const items = rows.map(({ key, state }) => ({ key, state }));
  of.mr.registry.add({
    name: "leaver",
    queue: "leaver",
    run: (_payload, ctx) => ctx.complete(null, { step, items }),
  });
  const base = {
    queue: "leaver",
    name: "leaver",
    tenant: "",
    priority: "default",
    delayMs: 0,
    maxRescues: 3,
  } as const;
  await of.store.enqueue([{ ...base, id: newId(), envelope: sealEnvelope({ payload: null }) }]);
  const worker = of.mr.worker({ queues: ["leaver"] });
  await of.time.advance(5_000);
  await worker.stop();
}
