import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { sourceAliases } from "../../tests/workspace-sources.ts";

/** Runs what measures, against a server of its own; the rest as in the workspace's own settings. */
export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  resolve: { alias: sourceAliases() },
  test: {
    include: ["spikes/redis/src/*.measure.ts"],
    globalSetup: ["tests/global-setup.ts"],
    testTimeout: 120_000,
  },
});
