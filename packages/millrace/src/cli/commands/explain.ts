/** The command `explain`: why a job runs or does not, or how it ended. */
import { type Explanation, explain, isId, type JobId, MillraceError } from "@millrace/core";
import type { Command } from "commander";
import { EXIT } from "../exit-code.ts";
import { type Format, outputOption, printRecord } from "../output.ts";
import type { Run } from "../run.ts";
import { type Shell, withHome } from "../shell.ts";

/** Adds the command. */
export function addExplain(program: Command, run: Run): void {
  program
    .command("explain")
    .description("say why a job runs or does not, or how it ended")
    .argument("<id>", "id of the job")
    .addOption(outputOption())
    .action((id: string, options: { output: Format }, command: Command) =>
      run(command, (shell) => explainJob(shell, id, options.output)),
    );
}

async function explainJob(shell: Shell, id: string, format: Format): Promise<number> {
  return withHome(shell, { reads: true }, async ({ store }) => {
    const [facts] = isId(id) ? await store.explain([id as JobId]) : []; // isId has looked
    if (facts === undefined) {
      throw new MillraceError("not-found", `there is no job ${id} in this store: see "millrace jobs ls"`);
    }
    const value = explain(facts);
    printRecord(shell.terminal, format, { value, lines: linesOf(value) });
    return EXIT.ok;
  });
}

function linesOf({ id, state, since, reasons }: Explanation): readonly string[] {
  const head = `job ${id} is ${state}${since === null ? "" : ` since ${since}`}`;
  return [head, ...reasons.map(({ code, says }) => `  ${code.padEnd(18)}  ${says}`)];
}
