/** Settings as the options of a program. */
import type { MigrateMode, ProgramOptions } from "@millrace/core";
import type { Settings } from "./settings.ts";

/** What `createMillrace` and {@link programOf} take. Everything but the store itself, and how much is logged. */
export interface ConfiguredOptions extends ProgramOptions {
  readonly migrate: MigrateMode;
}

/** The options that these settings mean. */
export function programOptions(settings: Settings): ConfiguredOptions {
  const { get } = settings;
  return {
    migrate: get("store.migrate"),
    worker: {
      concurrency: get("worker.concurrency"),
      maxConcurrentJobs: get("worker.maxConcurrentJobs"),
      buffer: get("worker.buffer"),
      lease: get("worker.lease"),
      heartbeat: get("worker.heartbeat"),
      sweep: get("worker.sweep"),
      drain: get("worker.drain"),
      grace: get("worker.grace"),
      maxBlock: get("worker.maxBlock"),
      maxRescues: get("worker.maxRescues"),
      memoryLimit: get("worker.memoryLimit"),
    },
    queues: settings.queues(),
    priorities: {
      critical: { target: get("priorities.critical.target") },
      high: { target: get("priorities.high.target") },
      default: { target: get("priorities.default.target") },
      low: { target: get("priorities.low.target") },
      bulk: { target: get("priorities.bulk.target") },
    },
    retry: {
      critical: get("retry.critical"),
      high: get("retry.high"),
      default: get("retry.default"),
      low: get("retry.low"),
      bulk: get("retry.bulk"),
    },
    retention: {
      completed: get("retention.completed"),
      cancelled: get("retention.cancelled"),
      expired: get("retention.expired"),
      dead: get("retention.dead"),
      runs: get("retention.runs"),
      events: get("retention.events"),
      audit: get("retention.audit"),
    },
    storage: {
      tempDir: get("storage.tempDir"),
      cleanupInterval: get("storage.cleanupInterval"),
    },
  };
}
