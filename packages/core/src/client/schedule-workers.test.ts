import { describe, expect, test } from "vitest";
import { MillraceError } from "../model/errors.ts";
import { gate, scene, unreachable } from "../testing/scene.fixture.ts";
import { noting } from "./schedules.fixture.ts";

describe("several workers", () => {
  test("make each fire once between them", async () => {
    const { job, noted } = noting();
    const { mr, time, otherWorker, errors } = scene([job], { multiProcess: true });
    await mr.schedule("often", { every: "5s", run: job, input: { to: "" }, misfire: { backfill: 100 } });
    mr.worker({ sweep: "1s" });
    const others = [otherWorker({ sweep: "1s" }), otherWorker({ sweep: "1s" })];
    const startMs = time.now();
    await time.advance(120_000);
    expect(noted).toHaveLength(Math.floor((startMs + 120_000) / 5_000) - Math.floor(startMs / 5_000));
    expect(new Set(noted).size).toBe(noted.length);
    for (const other of others) await other.stop();
    await mr.close();
    expect(errors).toEqual([]);
  });

  test.each(["before", "after"] as const)(
    "one that fails %s its call has made no fire too few or too many",
    async (when) => {
      const { job, noted } = noting();
      const { mr, time, watch, errors } = scene([job]);
      await mr.schedule("often", { every: "10s", run: job, input: { to: "" } });
      watch[when].fireSchedules = () => {
        watch[when].fireSchedules = () => undefined;
        unreachable();
      };
      mr.worker({ sweep: "1s" });
      await time.advance(20_000);
      expect(noted).toHaveLength(2);
      expect(errors.map(([where]) => where)).toEqual(["fire"]);
      await mr.close();
    },
  );

  test("one that dies before the call leaves the fire to another, one that dies after it makes it once", async () => {
    for (const when of ["before", "after"] as const) {
      const { job, noted } = noting();
      const { mr, time, watch, otherWorker } = scene([job], { multiProcess: true });
      const dead = gate();
      await mr.schedule("often", { every: "10s", run: job, input: { to: "" } });
      watch[when].fireSchedules = () => dead.promise;
      mr.worker({ sweep: "1s", queues: ["elsewhere"] });
      const other = otherWorker({ sweep: "1s" });
      await time.advance(20_000);
      expect(noted).toHaveLength(2);
      dead.open();
      await time.advance(0);
      expect((await mr.jobs.list()).rows).toHaveLength(2);
      await other.stop();
      await mr.close();
    }
  });

  test("a fire that the store refuses keeps no other from being made", async () => {
    const { job, noted } = noting();
    const { mr, time, watch, errors } = scene([job]);
    const options = { run: job, input: { to: "" } } as const;
    await mr.schedule("bad", { every: "10s", ...options });
    await mr.schedule("good", { every: "10s", ...options });
    const refused = new MillraceError("store-failed", "refused");
    watch.before.fireSchedules = () => {
      const [fires = []] = watch.calls.fireSchedules.at(-1) ?? [];
      if (fires.some(({ schedule }) => schedule.id === "bad")) throw refused;
    };
    mr.worker({ sweep: "1s" });
    await time.advance(20_000);
    expect(noted).toHaveLength(2);
    expect(errors).toEqual([["fire", refused]]);
    expect(await mr.schedules.get("bad")).toMatchObject({ recent: [] });
    await mr.close();
  });

  test("and where the store is away while they are made one by one, all are made once it is back", async () => {
    const { job, noted } = noting();
    const { mr, time, watch } = scene([job]);
    const options = { run: job, input: { to: "" } } as const;
    await mr.schedule("one", { every: "10s", ...options });
    await mr.schedule("two", { every: "10s", ...options });
    const troubles = [new MillraceError("store-failed", "refused"), unreachable];
    watch.before.fireSchedules = () => {
      const trouble = troubles.shift();
      if (typeof trouble === "function") trouble();
      if (trouble !== undefined) throw trouble;
    };
    mr.worker({ sweep: "1s" });
    await time.advance(19_000);
    expect(noted).toHaveLength(2);
    await mr.close();
  });

  test("a schedule that a worker cannot read is reported once, and keeps no other from its fires", async () => {
    const { job, noted } = noting();
    const { mr, time, store, errors } = scene([job]);
    await mr.open();
    await store.setSchedule({ id: "a", tenant: "", definition: "9{}", nextMs: 1 });
    await mr.schedule("often", { every: "10s", run: job, input: { to: "" } });
    mr.worker({ sweep: "1s" });
    await time.advance(20_000);
    expect(noted).toHaveLength(2);
    expect(errors).toMatchObject([["fire", { code: "unsupported" }]]);
    expect(await mr.schedules.get("a")).toMatchObject({ timing: null, job: null });
    await mr.close();
  });
});
