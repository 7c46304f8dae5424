/** The command `destroy`: removes a store for good, and nothing else. */
import { basename } from "node:path";
import { MillraceError } from "@millrace/core";
import type { Command } from "commander";
import type { Home } from "../../home/home.ts";
import { parseStoreUrl, type StorePlace } from "../../home/store-url.ts";
import { withClient } from "../client.ts";
import { typedName } from "../confirm.ts";
import { EXIT } from "../exit-code.ts";
import type { Run } from "../run.ts";
import type { Shell } from "../shell.ts";
import { storeContents } from "../store-contents.ts";

interface DestroyOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

/** Adds the command. */
export function addDestroy(program: Command, run: Run): void {
  program
    .command("destroy")
    .description("remove the store with all it holds: the schema on a server, the folder of an embedded one")
    .option("--yes", "do not ask for its name")
    .option("--dry-run", "only show what is in it")
    .action((options: DestroyOptions, command: Command) => run(command, (shell) => destroy(shell, options)));
}

/** Whoever works on the store meanwhile is not asked: stop the workers first. */
async function destroy(shell: Shell, options: DestroyOptions): Promise<number> {
  const place = parseStoreUrl(shell.settings.get("store.url"));
  if (place.kind === "embedded") await refuseStranger(place.directory);
  const asked = await withClient(shell, { reads: true, leavesSchema: true }, async (client) => {
    shell.terminal.print((await storeContents(client)).join("\n"));
    if (options.dryRun === true) return { what: "", goesOn: false };
    const what = whatOf(client.home);
    const goesOn =
      options.yes === true ||
      (await typedName(shell.terminal, `remove ${what} for good?`, nameOf(client.home)));
    if (goesOn && place.kind === "server") await client.home.tools?.remove();
    return { what, goesOn };
  });
  if (options.dryRun === true) return EXIT.ok;
  if (!asked.goesOn) {
    shell.terminal.say("warn", "that is not its name: nothing was removed");
    return EXIT.error;
  }
  if (place.kind === "embedded") await removeFolder(shell, place);
  shell.terminal.say("info", `removed ${asked.what}`);
  return EXIT.ok;
}

async function refuseStranger(directory: string): Promise<void> {
  const { hasEmbeddedStore } = await import("@millrace/postgres");
  if (hasEmbeddedStore(directory)) return;
  throw new MillraceError("not-found", `there is no millrace store at ${directory}`);
}

/** The lock is taken anew: whoever opened the store since it was looked at keeps it. */
async function removeFolder(
  { terminal }: Shell,
  { directory }: StorePlace & { kind: "embedded" },
): Promise<void> {
  const { removeEmbeddedStore } = await import("@millrace/postgres");
  const left = removeEmbeddedStore(directory);
  if (left.length > 0) terminal.say("warn", `kept ${directory}: it also holds ${left.join(", ")}`);
}

function whatOf({ place, tools }: Home): string {
  return place.kind === "server"
    ? `schema "${tools?.schema}" at ${place.name}`
    : `the store at ${place.name}`;
}

function nameOf({ place, tools }: Home): string {
  return place.kind === "embedded" ? basename(place.directory) : (tools?.schema ?? "");
}
