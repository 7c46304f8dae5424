/** The command `doctor`: whether everything millrace needs is there and in order. */
import type { Command } from "commander";
import { examine, type Finding } from "../examine.ts";
import { EXIT } from "../exit-code.ts";
import { type Format, outputOption, printRecord } from "../output.ts";
import type { Run } from "../run.ts";
import type { Shell } from "../shell.ts";

/** Adds the command. */
export function addDoctor(program: Command, run: Run): void {
  program
    .command("doctor")
    .description("check Node, settings and store; exit 1 where something needs attention")
    .addOption(outputOption())
    .action((options: { output: Format }, command: Command) =>
      run(command, (shell) => doctor(shell, options.output)),
    );
}

async function doctor(shell: Shell, format: Format): Promise<number> {
  const findings = await examine(shell.settings);
  printRecord(shell.terminal, format, {
    value: findings,
    lines: findings.map((finding) => findingLine(shell, finding)),
  });
  return findings.some(({ level }) => level === "problem") ? EXIT.error : EXIT.ok;
}

function findingLine({ terminal }: Shell, { level, what, says }: Finding): string {
  const { outColours: colours } = terminal;
  const mark = {
    ok: colours.green("ok     "),
    note: colours.yellow("note   "),
    problem: colours.red("problem"),
  };
  return `${mark[level]}  ${what.padEnd(11)}  ${says}`;
}
