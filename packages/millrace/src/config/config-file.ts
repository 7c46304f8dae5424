/** Finds and reads the configuration file, in whichever of its formats it is written. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { MillraceError } from "@millrace/core";

/** Formats, in the order a folder is searched for them. */
const EXTENSIONS = [".ts", ".mts", ".mjs", ".json", ".yaml"] as const;

/** A file's content, not checked yet. */
export interface ConfigFileContent {
  readonly path: string;
  readonly content: unknown;
}

/**
 * Reads the file that was named, else the folder's `millrace.config.*`, if there is one.
 * @throws MillraceError `not-found` for a named file that is missing; `bad-config` for one that cannot be read, or for
 * two in one folder.
 */
export async function readConfigFile(
  folder: string,
  named: string | undefined,
): Promise<ConfigFileContent | undefined> {
  const path = named === undefined ? findIn(folder) : resolve(folder, named);
  if (path === undefined) return undefined;
  if (!existsSync(path)) {
    throw new MillraceError("not-found", `there is no configuration file ${path}: check --config`, {
      details: { path },
    });
  }
  try {
    return { path, content: (await load(path)) ?? {} };
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    throw unreadable(path, error);
  }
}

function findIn(folder: string): string | undefined {
  const found = EXTENSIONS.map((extension) => join(folder, `millrace.config${extension}`)).filter(existsSync);
  if (found.length > 1) {
    throw new MillraceError(
      "bad-config",
      `there is more than one configuration file: ${found.join(", ")}; keep one, or name one with --config`,
    );
  }
  return found[0];
}

async function load(path: string): Promise<unknown> {
  switch (extname(path)) {
    case ".json":
      return JSON.parse(await readFile(path, "utf8"));
    case ".yaml":
    case ".yml":
      return (await import("yaml")).parse(await readFile(path, "utf8"));
    case ".mjs":
    case ".js":
      return defaultExport(await import(pathToFileURL(path).href), path);
    case ".ts":
    case ".mts": {
      const { createJiti } = await import("jiti");
      return defaultExport(await createJiti(import.meta.url).import(path), path);
    }
    default:
      throw new MillraceError(
        "bad-config",
        `the configuration file ${path} must end in ${EXTENSIONS.join(", ")}`,
      );
  }
}

function defaultExport(module: unknown, path: string): unknown {
  if (typeof module === "object" && module !== null && "default" in module) return module.default;
  throw new MillraceError("bad-config", `the configuration file ${path} has no default export`);
}

function unreadable(path: string, cause: unknown): MillraceError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `cannot read the configuration file ${path}: ${why}`;
  return new MillraceError("bad-config", message, { cause, details: { path } });
}
