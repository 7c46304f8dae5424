/** The spike as a home for tests: a key prefix for each test, a clock in a key. */
import type { Store } from "@millrace/core";
import type { TestHome, TestStore } from "@millrace/testkit";
import { Redis } from "ioredis";
import { redisStore } from "./redis-store.ts";

const START_MS = 1_700_000_000_000;

/** A home on `MILLRACE_TEST_REDIS_URL`, which the test run's set-up provides. Files that run at once name different namespaces. */
export function redisHome(namespace: string): TestHome {
  const redis = connect();
  let made = 0;
  return {
    name: "redis",
    start: async () => void (await redis.connect()),
    create: async () => {
      made += 1;
      return createStore(redis, `{${namespace}-${process.pid}-${made}}:`);
    },
    stop: async () => redis.disconnect(),
  };
}

/** A connection that never sends a command twice by itself: what was sent may have been done. */
export function connect(): Redis {
  const url = process.env["MILLRACE_TEST_REDIS_URL"];
  if (url === undefined)
    throw new TypeError("MILLRACE_TEST_REDIS_URL is not set: run the tests through vitest");
  return new Redis(url, {
    lazyConnect: true,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 30_000,
  });
}

async function createStore(redis: Redis, prefix: string): Promise<TestStore> {
  let nowMs = START_MS;
  const advance = async (ms: number): Promise<void> => {
    nowMs += ms;
    await redis.set(`${prefix}clock`, nowMs);
  };
  await advance(0);
  const store = onlyWhatThereIs(redisStore({ redis, prefix, clock: "test" }));
  const test = { store, advance, reopen: async () => store, dispose: () => removeKeys(redis, prefix) };
  return test as TestStore; // what homes gain later is for chapters the spike does not run
}

/** The whole port in type, so that rules can be played; verbs the spike lacks say so. */
function onlyWhatThereIs(spike: ReturnType<typeof redisStore>): Store {
  const store: unknown = new Proxy(spike, {
    get: (verbs, name) => {
      if (name in verbs) return Reflect.get(verbs, name);
      throw new Error(`the spike has no ${String(name)}`);
    },
  });
  return store as Store; // the rules of the chapters that are run use no other verb, or fail
}

/** Removes every key of a namespace. */
export async function removeKeys(redis: Redis, prefix: string): Promise<void> {
  let cursor = "0";
  do {
    const [next, keys] = await redis.scan(cursor, "MATCH", `${prefix}*`, "COUNT", 1_000);
    if (keys.length > 0) await redis.unlink(keys);
    cursor = next;
  } while (cursor !== "0");
}
