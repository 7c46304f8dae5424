import { describe, expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import type { Priority } from "../model/job.ts";
import { sleep } from "../runtime/timers.ts";
import type { WorkerOptions } from "../worker/options.ts";
import { scene } from "./scene.fixture.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** A job of 100 ms that notes the classes run, in order. */
function noted(ran: Priority[], place: { time?: VirtualTime }) {
  return defineJob({
    name: "noted",
    run: async (_input, { job }): Promise<void> => {
      ran.push(job.priority);
      if (place.time !== undefined) await sleep(place.time, 100);
    },
  });
}

async function ranUnderLoad(options: WorkerOptions, waitedMs: number): Promise<readonly Priority[]> {
  const ran: Priority[] = [];
  const place: { time?: VirtualTime } = {};
  const job = noted(ran, place);
  const { mr, time } = scene([job]);
  place.time = time;
  await mr.enqueue(job, null, { priority: "low" });
  await time.advance(waitedMs);
  await mr.enqueueMany(job, Array(100).fill(null), { priority: "critical" });
  mr.worker({ ...options, concurrency: 1 });
  await time.advance(11_000);
  await mr.close();
  return ran;
}

describe("classes", () => {
  test("an overdue job gets its turn while urgent ones keep coming", async () => {
    // Longer past its target than the urgent ones, whose target is a second, can come to be past theirs.
    const ran = await ranUnderLoad({}, 100 * 600_000);
    expect(ran).toHaveLength(101);
    expect(ran.indexOf("low")).toBeLessThan(60);
  });

  test("one that is not overdue waits for its class's turn", async () => {
    expect((await ranUnderLoad({}, 1_000)).indexOf("low")).toBe(100);
  });

  test("targets are the worker's to set", async () => {
    expect((await ranUnderLoad({ targets: { low: "500ms" } }, 1_000)).indexOf("low")).toBeLessThan(60);
  });

  test("a worker bound to classes leaves the others", async () => {
    const ran = await ranUnderLoad({ priorities: ["critical", "high"] }, 600_001);
    expect(ran).toEqual(Array(100).fill("critical"));
  });

  test("bad classes and targets are refused", () => {
    const { mr } = scene([]);
    expect(() => mr.worker({ priorities: [] })).toThrow(/worker.priorities/);
    expect(() => mr.worker({ priorities: ["urgent" as never] })).toThrow(/worker.priorities/);
    expect(() => mr.worker({ targets: { low: 0 } })).toThrow(/worker.targets.low/);
    expect(() => mr.worker({ targets: { urgent: "1s" } as never })).toThrow(/urgent/);
  });
});
