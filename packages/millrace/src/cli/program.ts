/** The command line's grammar: global options, and every command by name. */
import { createRequire } from "node:module";
import { Command, Option } from "commander";
import { LOG_LEVELS } from "../config/settings-table.ts";
import { addBatch } from "./commands/batch.ts";
import { addCollections } from "./commands/collections.ts";
import { addConfig } from "./commands/config.ts";
import { addDead } from "./commands/dead.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addIngest } from "./commands/ingest.ts";
import { addJobs } from "./commands/jobs.ts";
import { addOperations } from "./commands/operations.ts";
import { addSearch } from "./commands/search.ts";
import type { Run } from "./run.ts";

/** The options every command takes. */
export interface GlobalOptions {
  readonly store?: string;
  readonly config?: string;
  readonly profile?: string;
  readonly logLevel?: string;
  readonly verbose?: boolean;
}

/** Builds the grammar; every command ends in `run`. */
export function createProgram(run: Run): Command {
  const program = new Command("millrace")
    .description("Durable jobs and restartable bulk pipelines, embedded by default")
    .version(versionOf(), "--version", "print the version")
    .helpOption("-h, --help", "show help")
    .option("--store <url>", "memory:, file:<folder> or postgres://… (default file:./.millrace)")
    .option("--config <file>", "configuration file (default millrace.config.* in this folder)")
    .option("--profile <name>", "profile of the configuration file")
    .addOption(new Option("--log-level <level>", "least important messages to show").choices(LOG_LEVELS))
    .option("-v, --verbose", "show everything, also where errors come from")
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true });
  for (const add of [
    addIngest,
    addSearch,
    addCollections,
    addJobs,
    addDead,
    addOperations,
    addBatch,
    addConfig,
    addDoctor,
  ]) {
    add(program, run);
  }
  return program;
}

function versionOf(): string {
  const { version } = createRequire(import.meta.url)("millrace/package.json") as { readonly version: string }; // ours
  return version;
}
