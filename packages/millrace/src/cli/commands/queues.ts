/** The commands `queues ls|pause|resume|peek|clear|set`. */
import { PRIORITIES } from "@millrace/core";
import { type Command, Option } from "commander";
import { wordsFrom } from "../option-values.ts";
import { addBulkOptions, type Format, outputOption, wholeNumberFrom } from "../output.ts";
import { type ClearOptions, clearQueue } from "../queues/clear-queue.ts";
import { listQueues } from "../queues/list-queues.ts";
import { type PeekOptions, peekQueue } from "../queues/peek-queue.ts";
import {
  type CapacityFlags,
  capacityValue,
  classCapacity,
  pauseQueues,
  setQueue,
} from "../queues/set-queue.ts";
import type { Run } from "../run.ts";

const MAX_PEEKED = 200;

/** Adds the commands. */
export function addQueues(program: Command, run: Run): void {
  const group = program.command("queues").description("look at queues, stop them, limit them, empty them");
  group
    .command("ls")
    .description("list queues, and how they stand")
    .addOption(outputOption())
    .action((options: { output: Format }, command: Command) =>
      run(command, (shell) => listQueues(shell, options.output)),
    );
  addPause(group, run, "pause").description("have workers take nothing more; what runs goes on");
  addPause(group, run, "resume").description("have workers take jobs again");
  group
    .command("peek")
    .description("list the jobs that are due, in the order of claims, and take none")
    .argument("<queue>", "name of the queue")
    .option("--limit <n>", "most jobs", wholeNumberFrom(1, MAX_PEEKED), 10)
    .addOption(
      new Option("--class <classes>", "only jobs of these classes, with commas between them")
        .choices(PRIORITIES)
        .argParser(wordsFrom(PRIORITIES)),
    )
    .addOption(outputOption())
    .action((queue: string, options: PeekOptions, command: Command) =>
      run(command, (shell) => peekQueue(shell, queue, options)),
    );
  addClear(group, run);
  group
    .command("set")
    .description("limit the jobs in line; what comes beyond is refused")
    .argument("<queue>", "name of the queue")
    .option("--capacity <n>", "most jobs in line; none lifts the limit", capacityValue)
    .option("--class <class=n>", "most jobs in line of a class; may be given several times", classCapacity)
    .option("--unset", "let configurations set its capacities again")
    .action((queue: string, options: CapacityFlags, command: Command) =>
      run(command, (shell) => setQueue(shell, queue, options)),
    );
}

function addPause(group: Command, run: Run, verb: "pause" | "resume"): Command {
  const command = group.command(verb).argument("<queues...>", "names of queues");
  return command.action((queues: string[]) => run(command, (shell) => pauseQueues(shell, queues, verb)));
}

function addClear(group: Command, run: Run): void {
  const command = group
    .command("clear")
    .description("cancel the jobs in line; what runs goes on")
    .argument("<queue>", "name of the queue")
    .option("--name <name>", "only jobs of this name")
    .option("--tenant <tenant>", "only jobs of this tenant")
    .addOption(new Option("--priority <class>", "only jobs of this class").choices(PRIORITIES))
    .option("--reason <text>", "why; kept in the jobs' history")
    .option("--by <who>", "who says so; kept in the jobs' history");
  addBulkOptions(command).action((queue: string, options: ClearOptions) =>
    run(command, (shell) => clearQueue(shell, queue, options)),
  );
}
