import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Runs what measures, against a server of its own; the rest as in the workspace's own settings. */
export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  ssr: { resolve: { conditions: ["source", "module", "node"] } },
  test: {
    include: ["spikes/redis/src/*.measure.ts"],
    globalSetup: ["tests/global-setup.ts"],
    testTimeout: 120_000,
  },
});
