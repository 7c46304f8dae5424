import { describe, expect, test } from "vitest";
import { newId } from "../model/ids.ts";
import { scene } from "../testing/scene.fixture.ts";
import { defineJob } from "./define-job.ts";

describe("what makes no sense is refused by name", () => {
  const job = defineJob({ name: "report", run: (input: { readonly to: string }) => input.to });
  const input = { to: "" };
  test.each([
    [{}, "cron or every"],
    [{ cron: "* * * * *", every: "1m" }, "cron or every"],
    [{ cron: "0 0 31 2 *" }, "no such date"],
    [{ cron: "* * * * *", zone: "Mars" }, "schedule.zone"],
    [{ cron: "* * * * *", anchor: 0 }, "anchor"],
    [{ cron: "* * * * *", dst: { gap: "later" } }, "schedule.dst.gap"],
    [{ cron: "* * * * *", dst: { overlap: "thrice" } }, "schedule.dst.overlap"],
    [{ cron: "* * * * *", dst: { summer: true } }, "summer"],
    [{ every: "999ms" }, "schedule.every"],
    [{ every: 1_000.5 }, "schedule.every"],
    [{ every: "1m", zone: "UTC" }, "zone"],
    [{ every: "1m", anchor: "noon" }, "schedule.anchor"],
    [{ every: "1m", misfire: "later" }, "schedule.misfire"],
    [{ every: "1m", misfire: { backfill: 0 } }, "schedule.misfire"],
    [{ every: "1m", misfire: { backfill: 1_001 } }, "schedule.misfire"],
    [{ every: "1m", misfire: null }, "schedule.misfire"],
    [{ every: "1m", overlap: "wait" }, "schedule.overlap"],
    [{ every: "1m", job: { key: "a" } }, "key"],
    [{ every: "1m", job: { priority: "urgent" } }, "priority"],
    [{ every: "1m", whenever: true }, "whenever"],
  ])("%j", async (options, told) => {
    const { mr } = scene([job]);
    const call = mr.schedule("a", { ...(options as object), run: job, input });
    await expect(call).rejects.toMatchObject({ code: "bad-config", message: expect.stringContaining(told) });
    expect((await mr.schedules.list()).rows).toEqual([]);
    await mr.close();
  });

  test("names, counts and jobs too", async () => {
    const { mr } = scene([job]);
    const refused = { code: "bad-config" };
    await expect(mr.schedule("", { every: "1m", run: job, input })).rejects.toMatchObject(refused);
    await expect(mr.schedule("a", { every: "1m", run: undefined as never, input })).rejects.toMatchObject(
      refused,
    );
    await expect(mr.schedules.get("a\0")).rejects.toMatchObject(refused);
    await expect(mr.schedules.next("a", 0)).rejects.toMatchObject(refused);
    await expect(mr.schedules.preview({ every: "1m" }, 1_001)).rejects.toMatchObject(refused);
    await expect(mr.schedules.preview({ every: "1m", job: {} } as never)).rejects.toMatchObject(refused);
    await expect(mr.schedules.list({ limit: 201 })).rejects.toMatchObject(refused);
    await expect(mr.schedules.why("a", "noon")).rejects.toMatchObject(refused);
    await mr.close();
  });

  test("an input that its job's schema refuses is refused at once", async () => {
    const strict = defineJob({
      name: "strict",
      input: {
        "~standard": {
          version: 1,
          vendor: "test",
          validate: (value: unknown) => (value === "yes" ? { value } : { issues: [{ message: "only yes" }] }),
        },
      },
      run: () => newId(),
    });
    const { mr } = scene([strict]);
    await expect(mr.schedule("a", { every: "1m", run: strict, input: "no" })).rejects.toMatchObject({
      code: "bad-input",
    });
    await mr.close();
  });
});
