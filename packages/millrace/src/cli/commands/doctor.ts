/** The command `doctor`: whether everything millrace needs is there and in order. */
import { type Duration, durationMs } from "@millrace/core";
import type { Command } from "commander";
import { examine } from "../doctor/examine.ts";
import type { Finding } from "../doctor/finding.ts";
import { EXIT } from "../exit-code.ts";
import { type Format, outputOption, printRecord } from "../output.ts";
import type { Run } from "../run.ts";
import type { Shell } from "../shell.ts";

interface DoctorOptions {
  readonly output: Format;
  readonly patience: string;
}

/** Adds the command. */
export function addDoctor(program: Command, run: Run): void {
  program
    .command("doctor")
    .description("check Node, settings, server and store; exit 1 where something needs attention")
    .option("--patience <duration>", "how long a transaction, or due work, may be left alone", "1m")
    .addOption(outputOption())
    .action((options: DoctorOptions, command: Command) => run(command, (shell) => doctor(shell, options)));
}

async function doctor(shell: Shell, { output, patience }: DoctorOptions): Promise<number> {
  const patienceMs = durationMs(patience as Duration, "--patience"); // whatever it is, durationMs looks
  const findings = await examine(shell.settings, { patienceMs });
  printRecord(shell.terminal, output, {
    value: findings,
    lines: findings.flatMap((finding) => linesOf(shell, finding)),
  });
  return findings.some(({ level }) => level === "problem") ? EXIT.error : EXIT.ok;
}

const INDENT = " ".repeat(9);

function linesOf({ terminal }: Shell, { level, what, where, says, todo }: Finding): readonly string[] {
  const { outColours: colours } = terminal;
  const mark = {
    ok: colours.green("ok     "),
    note: colours.yellow("note   "),
    problem: colours.red("problem"),
  };
  const place = where === null || level === "ok" ? "" : ` (${where})`;
  const line = `${mark[level]}  ${what.padEnd(22)}  ${says}${place}`;
  return todo === null ? [line] : [line, `${INDENT}→ ${todo}`];
}
