import { expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import { sealEnvelope } from "../model/envelope.ts";
import { type JobId, type LeaseId, newId } from "../model/ids.ts";
import type { NewJob } from "../model/job.ts";
import { scene } from "./scene.fixture.ts";

const NEWER = "9 written by a later version";

function newJob(envelope: string): NewJob {
  const base = {
    queue: "default",
    name: "j",
    tenant: "",
    priority: "default",
    delayMs: 0,
    maxRescues: 3,
  } as const;
  return { ...base, id: newId<JobId>(), envelope };
}

test.each([NEWER, "0{broken"])(
  "a job that cannot be read (%s) is dead, and keeps nobody from being rescued or run",
  async (text) => {
    const job = defineJob({ name: "j", run: () => "read" });
    const { mr, time, store } = scene([job]);
    await mr.open();
    const rows = [text, sealEnvelope({ payload: null }), sealEnvelope({ payload: null })].map(newJob);
    await store.enqueue(rows);
    const wants = [{ queue: "default", max: 10, names: ["j"] }];
    await store.claim(wants, { worker: "gone", lease: newId<LeaseId>(), leaseMs: 1_000 });
    mr.worker();
    await time.advance(5_000);
    const states = await Promise.all(rows.map(({ id }) => mr.jobs.status(id)));
    expect(states).toEqual(["dead", "completed", "completed"]);
    await mr.close();
  },
);
