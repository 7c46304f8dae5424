/** The rows that scripts append for readers of events: one per call and kind of transition. */
import { type ClaimedJob, type JobId, type LeaseId, type NewJob, newId, type Outcome } from "@millrace/core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect, removeKeys } from "./redis-home.ts";
import { redisStore } from "./redis-store.ts";

const PREFIX = "{events}:";
const redis = connect();
const store = redisStore({ redis, prefix: PREFIX, clock: "server" });

beforeAll(() => redis.connect());
afterAll(async () => {
  await removeKeys(redis, PREFIX);
  redis.disconnect();
});

it("one row per call and kind, numbered without gaps, a parent woken after it waits", async () => {
  await store.enqueue([newJob("parent"), newJob("parent")]);
  const [first, second] = await claim("parent");
  const spawn = [newJob("child")];
  await store.save([{ ...writeOf(first), spawn }]);
  const [child] = await claim("child");
  await settle([first, second, child], [SUSPENDED, COMPLETED, COMPLETED]);
  await settle(await claim("parent"), [COMPLETED]);
  const [one, two, small] = [first?.id, second?.id, child?.id];
  expect(await rows()).toEqual([
    `1-0 enqueued ${one},${two}`,
    `2-0 claimed ${one},${two}`,
    `3-0 enqueued ${small}`,
    `4-0 claimed ${small}`,
    `5-0 waiting ${one}`,
    `6-0 completed ${two},${small}`,
    `7-0 woken ${one}`,
    `8-0 claimed ${one}`,
    `9-0 completed ${one}`,
  ]);
});

const COMPLETED: Outcome = { kind: "completed" };
const SUSPENDED: Outcome = { kind: "suspended", wakeAt: 0 };

async function rows(): Promise<string[]> {
  const entries = await redis.xrange(`${PREFIX}events`, "-", "+");
  return entries.map(([row, [, kind, , , , ids]]) => `${row} ${kind} ${ids}`);
}

function claim(name: string): Promise<readonly ClaimedJob[]> {
  const want = { queue: "work", max: 10, names: [name] };
  return store.claim([want], { worker: "one", lease: newId<LeaseId>(), leaseMs: 10_000 });
}

function writeOf(job: ClaimedJob | undefined) {
  if (job === undefined) throw new Error("nothing was claimed");
  return { id: job.id, token: job.token, write: 1 };
}

async function settle(
  jobs: readonly (ClaimedJob | undefined)[],
  outcomes: readonly Outcome[],
): Promise<void> {
  const answers = await store.settle(
    jobs.map((job, index) => ({ ...writeOf(job), outcome: outcomes[index] ?? COMPLETED, record: "{}" })),
  );
  expect(answers).toEqual(jobs.map(() => "applied"));
}

function newJob(name: string): NewJob {
  const id = newId<JobId>();
  return {
    id,
    queue: "work",
    name,
    tenant: "",
    priority: "default",
    delayMs: 0,
    maxRescues: 3,
    envelope: "0{}",
  };
}
