/** Options of a program that mean nothing. */
import { expect, test } from "vitest";
import { memoryStore } from "../memory/memory-store.ts";
import { createMillrace } from "../millrace.ts";

test.each<[object, string]>([
  [{ worker: 3 }, "worker is 3; it takes an object of options"],
  [{ worker: { concurency: 3 } }, 'worker has no option "concurency"'],
  [
    { worker: { concurrency: 0 } },
    "worker.concurrency is 0; it takes a whole number, 1 or more, or { min, max }",
  ],
  [{ worker: { maxConcurrentJobs: 0 } }, "worker.maxConcurrentJobs is 0; it takes a whole number, 1 or more"],
  [{ worker: { buffer: -1 } }, "worker.buffer is -1; it takes a whole number, 0 or more"],
  [{ worker: { maxRescues: 1.5 } }, "worker.maxRescues is 1.5; it takes a whole number, 0 or more"],
  [{ queues: [] }, "queues is []; it takes an object of options"],
  [{ queues: JSON.parse('{"__proto__": {}}') }, "and __proto__ is none"],
  [{ queues: { mail: 3 } }, "queues.mail is 3; it takes an object of options"],
  [
    { queues: { mail: { size: 3 } } },
    'queues.mail has no option "size"; it knows concurrency, capacity, ttl',
  ],
  [{ queues: { mail: { concurrency: "3" } } }, 'queues.mail.concurrency is "3"; it takes a whole number, 1'],
  [
    { queues: { mail: { capacity: -1 } } },
    "queues.mail.capacity is -1; it takes a whole number of jobs, 0 or more",
  ],
  [
    { queues: { mail: { capacity: "9" } } },
    'queues.mail.capacity is "9"; it takes a whole number of jobs, 0 or more',
  ],
  [{ queues: { mail: { capacity: { bulky: 9 } } } }, 'queues.mail.capacity has no option "bulky"'],
  [{ queues: { mail: { capacity: { bulk: 0.5 } } } }, "queues.mail.capacity.bulk is 0.5"],
  [{ queues: { mail: { ttl: 0 } } }, "queues.mail.ttl is 0; it takes 1 ms or more"],
  [{ queues: { mail: { ttl: "1 hour" } } }, 'queues.mail.ttl is "1 hour"'],
  [{ priorities: { urgent: {} } }, 'priorities has no option "urgent"'],
  [{ priorities: { high: "1s" } }, 'priorities.high is "1s"; it takes an object of options'],
  [{ priorities: { high: { target: 0 } } }, "priorities.high.target is 0; it takes 1 ms or more"],
  [{ retry: { normal: "default" } }, 'retry has no option "normal"'],
  [{ retry: { high: "often" } }, 'retry.high is "often"; it takes default, aggressive, none, or a policy'],
  [{ retry: { high: null } }, "retry.high is null; it takes an object of options"],
  [{ retry: { high: 3 } }, "retry.high is 3; it takes an object of options"],
  [{ retry: { high: { maxAttempts: 0 } } }, "retry.high.maxAttempts is 0"],
  [{ retry: { high: { backoff: () => 1 } } }, "retry.high.backoff is a function; a job carries data only"],
  [{ retention: { events: "1s" } }, 'createMillrace.retention.events is "1s"; it takes 60000 ms or more'],
])("%j is refused", (options, message) => {
  expect(() => createMillrace({ store: memoryStore(), ...options })).toThrow(
    expect.objectContaining({ code: "bad-config", message: expect.stringContaining(message) }),
  );
});
