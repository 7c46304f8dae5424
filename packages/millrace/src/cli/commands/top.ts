/** The command `top`. */
import type { Command } from "commander";
import { durationValue } from "../option-values.ts";
import { outputOption } from "../output.ts";
import type { Run } from "../run.ts";
import { runTop, type TopOptions } from "../top/run-top.ts";

/** Adds the command. */
export function addTop(program: Command, run: Run): void {
  program
    .command("top")
    .description("watch queues by class, how fast they go, and the newest dead letters")
    .option("--every <duration>", "time between two looks, 100ms or more", durationValue, "2s")
    .option("--once", "look once, and end")
    .addOption(outputOption())
    .addHelpText(
      "after",
      "\nOn a terminal: q quits, r looks at once. Elsewhere a line each time, until Ctrl-C.",
    )
    .action((options: TopOptions, command: Command) => run(command, (shell) => runTop(shell, options)));
}
