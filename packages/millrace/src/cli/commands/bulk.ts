/** The commands `embed` and `insert`: files of items into a collection. */
import type { Command } from "commander";
import type { EmbedFlags, InsertFlags } from "../bulk/embed-items.ts";
import { outputOption } from "../output.ts";
import type { Run } from "../run.ts";

/** Adds `embed`. */
export function addEmbed(program: Command, run: Run): void {
  const command = program
    .command("embed")
    .description("embed the texts of an NDJSON file with a configured model, into a collection")
    .argument("<items>", 'NDJSON file, an item a line: {"id": "a", "text": "…", "metadata": {…}}')
    .requiredOption("--model <name>", "a model of the configuration (models.<name>)")
    .option("--collection <name>", "collection to fill; the model's own where left out");
  addHow(command).action((items: string, flags: EmbedFlags) =>
    run(command, async (shell) => {
      const { embedItems } = await import("../bulk/embed-items.ts");
      return embedItems(shell, items, flags);
    }),
  );
}

/** Adds `insert`. */
export function addInsert(program: Command, run: Run): void {
  const command = program
    .command("insert")
    .description("put the vectors of an NDJSON file into a collection")
    .argument("<items>", 'NDJSON file, an item a line: {"id": "a", "embedding": […], "text": "…"}')
    .requiredOption("--collection <name>", "collection to fill")
    .option(
      "--model <name>",
      "whose vectors they are: of this model the collection must be (a new one: external)",
    );
  addHow(command).action((items: string, flags: InsertFlags) =>
    run(command, async (shell) => {
      const { insertItems } = await import("../bulk/embed-items.ts");
      return insertItems(shell, items, flags);
    }),
  );
}

function addHow(command: Command): Command {
  return command
    .addOption(outputOption())
    .option("-q, --quiet", "no progress, only warnings and errors")
    .addHelpText("after", HELP);
}

const HELP = `
An item that is malformed or refused fails alone. An interrupted run goes on where it stopped: run the same command again.
Failed items alone run again after: millrace batch restart <run> --only-failed, and the same command again.
Exit codes: 0 all items are in, 5 some failed, 4 the run failed, 130 interrupted.`;
