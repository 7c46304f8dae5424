import { expect, test } from "vitest";
import { defineJob } from "../../client/define-job.ts";
import { createMillrace } from "../../millrace.ts";
import { definePipeline } from "../pipeline/define-pipeline.ts";
import { play } from "../pipeline.fixture.ts";

test.each(["p/run", "p/step"])(
  "a job named %s that belongs to no run is dead at once, and says so",
  async (name) => {
    const pipeline = definePipeline({ name: "p" }).step("a", () => 1);
    const { of, ended: end } = await play(pipeline, {});
    await end();
    const namesake = defineJob({ name, run: (_: { readonly step: string }) => undefined });
    const other = createMillrace({ store: of.store, jobs: [namesake], timing: of.time });
    const { id } = await other.enqueue(namesake, { step: "a" });
    await of.time.advance(5_000);
    expect(await of.mr.jobs.get(id)).toMatchObject({
      ...{ state: "dead", attempts: 1 },
      error: {
        class: "validation",
        message: `job ${id} is named "${name}" but belongs to no run; such jobs come of starting a run only`,
      },
    });
    await other.close();
  },
);
