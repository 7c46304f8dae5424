/** The command `migrate`: brings the store's schema up to date, or says what that would do. */
import { MillraceError } from "@millrace/core";
import type { Command } from "commander";
import { EXIT } from "../exit-code.ts";
import type { Run } from "../run.ts";
import { type Shell, withHome } from "../shell.ts";

interface MigrateOptions {
  readonly dryRun?: boolean;
  readonly sql?: boolean;
}

/** Adds the command. */
export function addMigrate(program: Command, run: Run): void {
  program
    .command("migrate")
    .description("bring the store's schema up to date, whatever store.migrate says")
    .option("--dry-run", "only name the migrations that would run")
    .option("--sql", "only print their statements, as one script in a transaction")
    .addHelpText("after", HELP)
    .action((options: MigrateOptions, command: Command) => run(command, (shell) => migrate(shell, options)));
}

const HELP = `
Migrations only go forward, take no long locks, and leave a schema that the version before can work on.
The tables of collections are made by the first ingest.`;

async function migrate(shell: Shell, { dryRun, sql }: MigrateOptions): Promise<number> {
  const reads = dryRun === true || sql === true;
  return withHome(shell, { reads, leavesSchema: true }, async ({ store, tools }) => {
    if (tools === undefined) throw new MillraceError("bad-usage", "a memory: store has no schema to migrate");
    if (sql === true) {
      const script = await tools.script();
      if (script === "") shell.terminal.say("info", "the schema is up to date");
      else shell.terminal.print(script.trimEnd());
      return EXIT.ok;
    }
    const names = await store.migrate({ dryRun });
    for (const name of names) shell.terminal.print(name);
    shell.terminal.say("info", endLine(names.length, dryRun === true));
    return EXIT.ok;
  });
}

function endLine(migrations: number, isDry: boolean): string {
  if (migrations === 0) return "the schema is up to date";
  return isDry ? "nothing was run" : "the schema is up to date now";
}
