/** What every command works with: where it speaks, its settings, and the store it opens and closes. */
import { setImmediate as turn } from "node:timers/promises";
import { MillraceError, type StoreInfo } from "@millrace/core";
import type { Settings } from "../config/settings.ts";
import { createHome, type Home, type HomeEars } from "../home/home.ts";
import { commandActor } from "./command-actor.ts";
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
  /** Whether the schema is left as it is, or absent, whatever `store.migrate` says. */
  readonly leavesSchema?: boolean;
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
    if (use.leavesSchema !== true) await bringUpToDate(shell, home, use);
    return await work({ ...home, info });
  } finally {
    await home.store.close();
  }
}

/**
 * The same for a command that only looks, and takes no store for an empty one: nothing is made, no schema is touched.
 * The work gets no home where there is none yet, or none that another process could have written to.
 */
export async function withHomeIfThere<T>(
  shell: Shell,
  work: (home: OpenHome | undefined) => Promise<T>,
): Promise<T> {
  const { place } = await createHome(shell.settings);
  const { existsSync } = await import("node:fs");
  const isThere = place.kind === "server" || (place.kind === "embedded" && existsSync(place.directory));
  return isThere ? withHome(shell, { reads: false, leavesSchema: true }, work) : work(undefined);
}

/** What a store has to say, as messages of the command. */
function loggerOf({ terminal }: Pick<Shell, "terminal">): NonNullable<HomeEars["logger"]> {
  return { info: (message) => terminal.say("info", message) };
}

/** @throws MillraceError `bad-usage` for `memory:`, of which other processes see nothing. */
export function refuseMemory({ place }: Home): void {
  if (place.kind !== "memory") return;
  throw new MillraceError(
    "bad-usage",
    "a memory: store holds nothing of other processes; name a store with --store file:<folder> or postgres://…",
  );
}

/** @throws MillraceError `bad-usage` where nobody else can work on the store while the command waits for them. */
export function refuseAlone({ store }: Home, what: string): void {
  if (store.capabilities.multiProcess) return;
  throw new MillraceError(
    "bad-usage",
    `${what} waits for what other processes do, but an embedded store has one user at a time and that is this command`,
  );
}

async function refuseEmpty(home: Home): Promise<void> {
  const { place } = home;
  refuseMemory(home);
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
      `the store at ${home.place.name} lacks ${pending.join(", ")}: run "millrace migrate"`,
      { details: { pending } },
    );
  }
  const ran = await home.store.migrate({ note: { actor: commandActor() } });
  shell.terminal.say("debug", `migrated: ${ran.join(", ")}`);
}

function noStore(where: string): MillraceError {
  return new MillraceError(
    "not-found",
    `there is no millrace store at ${where} yet: run "millrace ingest <paths…>" or "millrace migrate" first, or name another with --store`,
  );
}
