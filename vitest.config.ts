import { defineConfig } from "vitest/config";
import { SlowFirst } from "./tests/slow-first.ts";

export default defineConfig({
  // "source" runs tests without a build. Only these: they reach Node as --conditions, where "import" breaks require().
  ssr: { resolve: { conditions: ["source", "module", "node"] } },
  test: {
    include: [
      "packages/*/src/**/*.test.ts",
      "tests/**/*.test.ts",
      "examples/**/*.test.ts",
      "spikes/**/*.test.ts",
    ],
    globalSetup: ["tests/global-setup.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    sequence: { sequencer: SlowFirst },
  },
});
