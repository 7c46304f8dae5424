import { defineConfig } from "vitest/config";
import { SlowFirst } from "./tests/slow-first.ts";
import { sourceAliases } from "./tests/workspace-sources.ts";

export default defineConfig({
  resolve: { alias: sourceAliases() },
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
    // What is polled for comes when the machine gets to it: only what never comes fails, with its test.
    expect: { poll: { timeout: 60_000 } },
    maxWorkers: 2,
    // Files of a worker share its modules: starting anew for each took a quarter of the tests' processor time.
    isolate: false,
    // As the command line has it: most databases of tests are closed before optimised code would pay.
    execArgv: ["--wasm-tiering-budget=1000000000"],
    sequence: { sequencer: SlowFirst },
  },
});
