/** The command `config print`. */
import type { Command } from "commander";
import type { SettingState } from "../../config/settings.ts";
import { EXIT } from "../exit-code.ts";
import { type Format, outputOption, printList } from "../output.ts";
import type { Run } from "../run.ts";
import type { Column } from "../table.ts";

/** Adds the command. */
export function addConfig(program: Command, run: Run): void {
  program
    .command("config")
    .description("look at the settings")
    .command("print")
    .description("print every setting, its value and where it comes from; passwords are masked")
    .addOption(outputOption())
    .action((options: { output: Format }, command: Command) =>
      run(command, async ({ terminal, settings }) => {
        const rows = settings.list().map(({ value, ...rest }) => ({ ...rest, value: value ?? null }));
        printList(terminal, options.output, { columns: COLUMNS, rows, empty: "" });
        return EXIT.ok;
      }),
    );
}

const COLUMNS: readonly Column<SettingState>[] = [
  { title: "setting", cell: ({ key }) => key },
  { title: "value", cell: ({ value }) => textOf(value) },
  { title: "source", cell: ({ source }) => source },
];

function textOf(value: unknown): string {
  if (value === null) return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
