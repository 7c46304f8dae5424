/** What compiles in a configuration written in TypeScript, and what does not. */
import { expect, expectTypeOf, test } from "vitest";
import { type ConfigFile, defineConfig } from "./file-settings.ts";

test("everything a file may say has its type", () => {
  const config = defineConfig({
    store: { url: "memory:", poolSize: 4 },
    worker: {
      concurrency: { min: 10, max: 50 },
      maxConcurrentJobs: 50,
      buffer: 100,
      heartbeat: "1s",
      maxRescues: 3,
    },
    queues: {
      "mail-out": { concurrency: 5, capacity: { total: 100, bulk: 10 }, ttl: "1h" },
      web: { capacity: 9 },
    },
    priorities: { critical: { target: "1s" } },
    retry: {
      critical: "aggressive",
      bulk: { maxAttempts: 4, backoff: "fixed", initial: "60s", jitter: "none" },
    },
    retention: { completed: "7d", dead: "forever", events: "2d" },
    storage: { tempDir: "/var/tmp/millrace", cleanupInterval: "24h" },
    logLevel: "debug",
    profiles: { laptop: { worker: { concurrency: 2 }, queues: { web: { ttl: 1_000 } } } },
  });
  expectTypeOf(config).toEqualTypeOf<ConfigFile>();
  expect(config.worker?.buffer).toBe(100);
});

test("what means nothing does not compile", () => {
  expectTypeOf<{ worker: { concurrency: { min: 1 } } }>().not.toMatchTypeOf<ConfigFile>();
  // @ts-expect-error a word that is no setting
  defineConfig({ worker: { concurency: 3 } });
  // @ts-expect-error a duration with words
  defineConfig({ queues: { mail: { ttl: "10 minutes" } } });
  // @ts-expect-error no such class
  defineConfig({ queues: { mail: { capacity: { urgent: 3 } } } });
  // @ts-expect-error no such class
  defineConfig({ priorities: { urgent: { target: "1s" } } });
  // @ts-expect-error no such preset
  defineConfig({ retry: { high: "often" } });
  // @ts-expect-error functions are for definitions
  defineConfig({ retry: { high: { backoff: () => 1 } } });
  // @ts-expect-error events are not kept for ever
  defineConfig({ retention: { events: "forever" } });
  // @ts-expect-error profiles have none of their own
  defineConfig({ profiles: { a: { profiles: {} } } });
});
