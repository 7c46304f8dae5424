/** The commands `schedules ls|show|next|why|run|pause|resume|rm`. */
import type { Command } from "commander";
import { type Format, outputOption, wholeNumberFrom } from "../output.ts";
import type { Run } from "../run.ts";
import {
  pauseSchedules,
  type RemoveOptions,
  removeSchedule,
  resumeSchedules,
  runSchedule,
} from "../schedules/change-schedules.ts";
import {
  type ListOptions,
  listSchedules,
  type NextOptions,
  nextTimes,
  showSchedule,
  type WhyOptions,
  whySchedule,
} from "../schedules/look-at-schedules.ts";

const MAX_ROWS = 200;
const MAX_TIMES = 1_000;

/** Adds the commands. */
export function addSchedules(program: Command, run: Run): void {
  const group = program.command("schedules").description("look at schedules, hold them, fire them by hand");
  addLooking(group, run);
  group
    .command("run")
    .description("fire a schedule now, as its overlap policy allows; when it fires next stays as it is")
    .argument("<id>", "id of the schedule")
    .addOption(outputOption())
    .action((id: string, options: { output: Format }, command: Command) =>
      run(command, (shell) => runSchedule(shell, id, options.output)),
    );
  group
    .command("pause")
    .description("have schedules fire no more")
    .argument("<ids...>", "ids of schedules")
    .action((ids: string[], _options: object, command: Command) =>
      run(command, (shell) => pauseSchedules(shell, ids)),
    );
  group
    .command("resume")
    .description("have paused schedules fire again from now on")
    .argument("<ids...>", "ids of schedules")
    .action((ids: string[], _options: object, command: Command) =>
      run(command, (shell) => resumeSchedules(shell, ids)),
    );
  group
    .command("rm")
    .description("forget a schedule; its jobs stay")
    .argument("<id>", "id of the schedule")
    .option("--yes", "do not ask")
    .option("--dry-run", "only say what would be removed")
    .action((id: string, options: RemoveOptions, command: Command) =>
      run(command, (shell) => removeSchedule(shell, id, options)),
    );
}

function addLooking(group: Command, run: Run): void {
  group
    .command("ls")
    .description("list schedules by id")
    .option("--tenant <tenant>", "only schedules of this tenant")
    .option("--limit <n>", "most schedules", wholeNumberFrom(1, MAX_ROWS), 50)
    .addOption(outputOption())
    .action((options: ListOptions, command: Command) =>
      run(command, (shell) => listSchedules(shell, options)),
    );
  group
    .command("show")
    .description("show one schedule with what became of its last fires")
    .argument("<id>", "id of the schedule")
    .addOption(outputOption())
    .action((id: string, options: { output: Format }, command: Command) =>
      run(command, (shell) => showSchedule(shell, id, options.output)),
    );
  group
    .command("next")
    .description("list when a schedule fires next")
    .argument("<id>", "id of the schedule")
    .option("--count <n>", "most times", wholeNumberFrom(1, MAX_TIMES), 10)
    .addOption(outputOption())
    .action((id: string, options: NextOptions, command: Command) =>
      run(command, (shell) => nextTimes(shell, id, options)),
    );
  group
    .command("why")
    .description("say why a schedule fired last, or at a time, or why it did not")
    .argument("<id>", "id of the schedule")
    .option("--at <time>", "ISO 8601, such as 2026-03-29T02:30:00+01:00")
    .addOption(outputOption())
    .action((id: string, options: WhyOptions, command: Command) =>
      run(command, (shell) => whySchedule(shell, id, options)),
    );
}
