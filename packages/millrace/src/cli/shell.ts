/** What every command works with: where it speaks, its settings, and the store it opens and closes. */
import { setImmediate as turn } from "node:timers/promises";
import { MillraceError, type StoreInfo } from "@millrace/core";
import type { Settings } from "../config/settings.ts";
import { createHome, type Home, type HomeEars } from "../home/home.ts";
import type { Terminal } from "./terminal.ts";

/** A command's surroundings. */
export interface Shell {
  readonly terminal: Terminal;
  readonly settings: Settings;
  /** The working directory. */
  readonly folder: string;
}

/** An opened home. */
export interface OpenHome extends Home {
  readonly info: StoreInfo & { readonly initdbMs?: number | undefined };
}

/** How a command uses the store. */
export interface HomeUse {
  /** Whether it looks at what another process has left, so that a missing store is an error and none is made. */
  readonly reads: boolean;
  onFailure?(error: unknown): void;
  /** Called while the store opens: what this thread has to do before it can use it. */
  meanwhile?(): void;
}

/**
 * Opens the store, brings its schema up to date as `store.migrate` says, runs the work and closes the store.
 * @throws MillraceError `bad-usage` for reading on `memory:`, `not-found` where there is no store to read yet.
 */
export async function withHome<T>(
  shell: Shell,
  use: HomeUse,
  work: (home: OpenHome) => Promise<T>,
): Promise<T> {
  const home = await createHome(shell.settings, { onFailure: use.onFailure, logger: loggerOf(shell) });
  if (use.reads) await refuseEmpty(home);
  try {
    // A turn later: an embedded database has its own thread by then, which goes on whatever this one does.
    const [info] = await Promise.all([home.store.open(), turn().then(() => use.meanwhile?.())]);
    shell.terminal.say("debug", `store: ${info.kind} ${info.version} at ${home.place.name}`);
    await bringUpToDate(shell, home, use);
    return await work({ ...home, info });
  } finally {
    await home.store.close();
  }
}

/** What a store has to say, as messages of the command. */
function loggerOf({ terminal }: Pick<Shell, "terminal">): NonNullable<HomeEars["logger"]> {
  return { info: (message) => terminal.say("info", message) };
}

async function refuseEmpty({ place }: Home): Promise<void> {
  if (place.kind === "memory") {
    throw new MillraceError(
      "bad-usage",
      "a memory: store holds nothing of other processes; name a store with --store file:<folder> or postgres://…",
    );
  }
  if (place.kind !== "embedded") return;
  const { existsSync } = await import("node:fs");
  if (!existsSync(place.directory)) throw noStore(place.directory);
}

async function bringUpToDate(shell: Shell, home: Home, use: HomeUse): Promise<void> {
  const mode = shell.settings.get("store.migrate");
  if (mode === "off") return;
  const { pending, isNew } = await home.schema();
  if (pending.length === 0) return;
  if (use.reads && isNew) throw noStore(home.place.name);
  if (mode === "check") {
    throw new MillraceError(
      "schema-mismatch",
      `the store at ${home.place.name} lacks ${pending.join(", ")}; run once with store.migrate "auto"`,
      { details: { pending } },
    );
  }
  const ran = await home.store.migrate();
  shell.terminal.say("debug", `migrated: ${ran.join(", ")}`);
}

function noStore(where: string): MillraceError {
  return new MillraceError(
    "not-found",
    `there is no millrace store at ${where} yet: run "millrace ingest <paths…>" first, or name another with --store`,
  );
}
