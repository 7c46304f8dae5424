/** The command `enqueue`. */
import type { Command } from "commander";
import { type EnqueueFlags, enqueueJobs } from "../enqueue/enqueue-jobs.ts";
import { addJobOptions } from "../enqueue/job-options.ts";
import { outputOption } from "../output.ts";
import type { Run } from "../run.ts";

/** Adds the command. */
export function addEnqueue(program: Command, run: Run): void {
  const command = program
    .command("enqueue")
    .description("enqueue a job, or one for each line of a stream")
    .argument("<name>", "name of the job's definition")
    .argument("[input]", "its input as JSON, or - for one JSON value a line on stdin")
    .option("--file <path>", "read the input from a file; .ndjson and .jsonl have one a line")
    .option("--key-field <field>", "of many inputs: each one's unique key is this field of it");
  addJobOptions(command)
    .addOption(outputOption())
    .addHelpText("after", HELP)
    .action((name: string, input: string | undefined, flags: EnqueueFlags) =>
      run(command, (shell) => enqueueJobs(shell, { name, input, flags })),
    );
}

const HELP = `
The command knows no definitions: the input is checked by the worker, and the queue is "default" unless --queue says
another. A stream is sent in batches; with keys it can be sent again after trouble without doubling a job.`;
