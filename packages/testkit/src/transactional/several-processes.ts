/** Rules of transactional handlers that only a store of several processes can go through. */
import { defineJob } from "@millrace/core";
import { expect } from "vitest";
import { RESULT, type TransactionalRule } from "./handlers.ts";
import { leave } from "./transactional-scene.ts";

/** A worker that is no longer alone with its job. */
export function severalProcessRules(rule: TransactionalRule): void {
  rule("a job rescued meanwhile: the settlement is fenced, and all of it rolled back", async (scene) => {
    let runs = 0;
    const job = defineJob({
      name: "job",
      transactional: true,
      run: async (_input: unknown, ctx) => {
        runs += 1;
        const run = runs;
        await leave(`${run}`, ctx.transaction);
        if (run === 1) await scene.expireLeases();
        return run;
      },
    });
    const mr = scene.working([job]);
    const { result } = await mr.enqueue(job, null);
    expect(await result(RESULT)).toBe(2);
    expect(await scene.effects()).toEqual(["2"]);
  });

  rule(
    "a connection that is killed: nothing is left, and the failure is settled on another",
    async (scene) => {
      let runs = 0;
      const job = defineJob({
        name: "job",
        transactional: true,
        retry: { initial: 1, jitter: "none" },
        run: async (_input: unknown, ctx) => {
          runs += 1;
          await leave(`${runs}`, ctx.transaction);
          if (runs === 1) await ctx.transaction?.query("select pg_terminate_backend(pg_backend_pid())");
          return runs;
        },
      });
      const mr = scene.working([job]);
      const { id } = await mr.enqueue(job, null);
      await expect.poll(async () => (await mr.jobs.get(id))?.attempts).toBe(1);
      expect(await scene.effects()).toEqual([]);
      await scene.expireLeases();
      expect(await mr.handle(id).result(RESULT)).toBe(2);
      expect(await scene.effects()).toEqual(["2"]);
    },
  );
}
