/** The commands `jobs ls|show|history|logs|tail|cancel|retry|reprioritise|delete|clean`. */
import { JOB_STATES, PRIORITIES, TERMINAL_STATES } from "@millrace/core";
import { type Command, Option } from "commander";
import { CHANGES, type ChangeOptions, type ChangeVerb, changeJobs } from "../jobs/change-jobs.ts";
import { type CleanOptions, cleanJobs } from "../jobs/clean-jobs.ts";
import { type LogOptions, showLogs } from "../jobs/job-logs.ts";
import { addQueryOptions } from "../jobs/job-query.ts";
import { type ListOptions, listJobs } from "../jobs/list-jobs.ts";
import { showHistory, showJob } from "../jobs/show-job.ts";
import { EVENT_KINDS, type TailOptions, tailEvents } from "../jobs/tail-events.ts";
import { durationValue, wordsFrom } from "../option-values.ts";
import { addBulkOptions, type Format, outputOption, wholeNumberFrom } from "../output.ts";
import type { Run } from "../run.ts";

const MAX_ROWS = 200;
const MAX_EVENTS = 1_000_000_000;

/** Adds the commands. */
export function addJobs(program: Command, run: Run): void {
  const group = program.command("jobs").description("look at jobs, and change them");
  addList(group, run);
  addShow(group, run);
  addLogs(group, run);
  addTail(group, run);
  addChange(group, run, "cancel").description("cancel jobs; running ones are told to stop");
  addChange(group, run, "retry").description("have finished jobs run again, and later ones now");
  addChange(group, run, "reprioritise")
    .description("move jobs in line to another priority class")
    .addOption(new Option("--to <class>", "the class").choices(PRIORITIES).makeOptionMandatory());
  addChange(group, run, "delete").description("forget finished jobs for good");
  addClean(group, run);
}

function addList(group: Command, run: Run): void {
  addQueryOptions(group.command("ls").description("list jobs, newest first"), JOB_STATES)
    .option("--limit <n>", "most jobs", wholeNumberFrom(1, MAX_ROWS), 20)
    .option("--after <id>", "go on after this job, the last one of the page before")
    .addOption(outputOption())
    .action((options: ListOptions, command: Command) => run(command, (shell) => listJobs(shell, options)));
}

function addShow(group: Command, run: Run): void {
  group
    .command("show")
    .description("show one job with its attempts")
    .argument("<id>", "id of the job")
    .addOption(outputOption())
    .action((id: string, options: { output: Format }, command: Command) =>
      run(command, (shell) => showJob(shell, id, options.output)),
    );
  group
    .command("history")
    .description("list a job's ended attempts, of all its generations")
    .argument("<id>", "id of the job")
    .addOption(outputOption())
    .action((id: string, options: { output: Format }, command: Command) =>
      run(command, (shell) => showHistory(shell, id, options.output)),
    );
}

function addLogs(group: Command, run: Run): void {
  group
    .command("logs")
    .description("print what a job logged")
    .argument("<id>", "id of the job")
    .option("-f, --follow", "go on until the job has finished")
    .addOption(outputOption())
    .action((id: string, options: LogOptions, command: Command) =>
      run(command, (shell) => showLogs(shell, id, options)),
    );
}

function addTail(group: Command, run: Run): void {
  const kinds = new Option("--kind <kinds>", "only events of these kinds, with commas between them");
  group
    .command("tail")
    .description("print what happens to jobs, as it happens")
    .argument("[id]", "only this job's events")
    .addOption(kinds.choices(EVENT_KINDS).argParser(wordsFrom(EVENT_KINDS)))
    .option("--queue <queue>", "only events of this queue")
    .option("--name <name>", "only events of jobs of this name")
    .option("--tenant <tenant>", "only events of this tenant")
    .option(
      "--after <position>",
      "begin after this position of an event printed earlier (-o ndjson has them)",
    )
    .option("--all", "begin with the oldest event kept")
    .option("--no-follow", "end with the newest event there is")
    .option("--limit <n>", "end after so many", wholeNumberFrom(1, MAX_EVENTS))
    .addOption(new Option("-o, --output <format>", "format").choices(["table", "ndjson"]).default("table"))
    .action((id: string | undefined, options: TailOptions, command: Command) =>
      run(command, (shell) => tailEvents(shell, id, options)),
    );
}

function addChange(group: Command, run: Run, verb: ChangeVerb): Command {
  const command = group.command(verb).argument("[ids...]", "ids of jobs");
  addBulkOptions(addQueryOptions(command, CHANGES[verb].takes)).option("--all", "all jobs it can be done to");
  if (verb !== "delete") {
    const place = verb === "reprioritise" ? "audit" : "job's history";
    command
      .option("--reason <text>", `why; kept in the ${place}`)
      .option("--by <who>", `who says so; kept in the ${place}`);
  }
  return command.action((ids: string[], options: ChangeOptions) =>
    run(command, (shell) => changeJobs(shell, { verb, ids, options })),
  );
}

function addClean(group: Command, run: Run): void {
  const states = new Option(
    "--state <states>",
    "of these states, with commas between them; all but dead unless said",
  );
  const command = group
    .command("clean")
    .description("forget jobs that finished long ago")
    .requiredOption("--older-than <duration>", "since they finished", durationValue)
    .addOption(states.choices(TERMINAL_STATES).argParser(wordsFrom(TERMINAL_STATES)));
  addBulkOptions(command).action((options: CleanOptions) =>
    run(command, (shell) => cleanJobs(shell, options)),
  );
}
