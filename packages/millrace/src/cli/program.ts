/** The command line's grammar: global options, and every command by name. */
import { createRequire } from "node:module";
import { Command, Option } from "commander";
import { LOG_LEVELS } from "../config/settings-table.ts";
import { addAudit } from "./commands/audit.ts";
import { addBatch } from "./commands/batch.ts";
import { addEmbed, addInsert } from "./commands/bulk.ts";
import { addCollections } from "./commands/collections.ts";
import { addCompletion } from "./commands/completion.ts";
import { addConfig } from "./commands/config.ts";
import { addDead } from "./commands/dead.ts";
import { addDestroy } from "./commands/destroy.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addEnqueue } from "./commands/enqueue.ts";
import { addExplain } from "./commands/explain.ts";
import { addIngest } from "./commands/ingest.ts";
import { addJobs } from "./commands/jobs.ts";
import { addLimits } from "./commands/limits.ts";
import { addMigrate } from "./commands/migrate.ts";
import { addOperations } from "./commands/operations.ts";
import { addQueues } from "./commands/queues.ts";
import { addSchedules } from "./commands/schedules.ts";
import { addSearch } from "./commands/search.ts";
import { addStats } from "./commands/stats.ts";
import { addTop } from "./commands/top.ts";
import { addWorkers } from "./commands/workers.ts";
import type { Run } from "./run.ts";

/** Every command, in the order that help shows them. */
const COMMANDS: readonly ((program: Command, run: Run) => void)[] = [
  addIngest,
  addEmbed,
  addInsert,
  addSearch,
  addCollections,
  addEnqueue,
  addJobs,
  addDead,
  addOperations,
  addQueues,
  addLimits,
  addSchedules,
  addBatch,
  addAudit,
  addStats,
  addTop,
  addExplain,
  addWorkers,
  addMigrate,
  addDestroy,
  addConfig,
  addDoctor,
  addCompletion,
];

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
  for (const add of COMMANDS) add(program, run);
  return program;
}

function versionOf(): string {
  const { version } = createRequire(import.meta.url)("millrace/package.json") as { readonly version: string }; // ours
  return version;
}
