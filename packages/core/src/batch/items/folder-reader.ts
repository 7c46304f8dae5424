/** Reads a folder: an item for each file in it. */
import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import picomatch from "picomatch";
import { badOption, refuseUnknownKeys } from "../../model/options.ts";
import { BadItem } from "../bad-item.ts";
import type { ReadContext } from "../contexts.ts";
import type { Reader } from "../definition.ts";
import { isKey } from "../item-key.ts";
import { Placed } from "../placed.ts";
import { type Found, walkFiles } from "./walk-files.ts";

/** A file as it was when it was found: by the time it is processed it may have changed, or be gone. */
export interface FolderFile {
  /** Absolute and free of links. */
  readonly path: string;
  /** Below the root, with slashes. */
  readonly name: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly modifiedAtMs: number;
}

/** Which files are read. */
export interface FolderReaderOptions {
  readonly root: string;
  /** What paths below the root have to match: `*`, `**`, `?`, `[a-z]`, `{a,b}`. All files where left out. */
  readonly glob?: string | undefined;
  /** Whether names that begin with a dot are read, too. False where left out. */
  readonly hidden?: boolean | undefined;
}

/**
 * A reader of the files in a folder and below it, their paths in the order of their bytes, folder by folder; only one
 * folder's names are held at a time. The cursor is the path: after a restart reading goes on behind it, so a file that
 * came before it meanwhile is not read, one that came behind it is, and what has vanished is passed over.
 *
 * Links are not followed: what they lead to inside the root is read under its own name, other links are counted as
 * `ignored`, as is all that is no file. What the system will not show becomes a bad item of class permission.
 * @throws MillraceError `bad-config`; reading throws an error of class not-found where there is no such folder.
 */
export function folderReader(options: FolderReaderOptions): Reader<FolderFile> {
  refuseUnknownKeys("folderReader", options, ["root", "glob", "hidden"]);
  const { root, glob = "**", hidden = false } = options;
  if (typeof root !== "string" || root === "")
    throw badOption("folderReader.root", root, "the path of a folder");
  if (typeof glob !== "string" || glob === "") throw badOption("folderReader.glob", glob, "a pattern");
  // With `s`: names may hold line ends.
  const isWanted = picomatch(glob, { dot: hidden, flags: "s" });
  return { read: (context) => readFolder({ root, hidden, isWanted }, context) };
}

async function* readFolder(
  source: { readonly root: string; readonly hidden: boolean; readonly isWanted: (name: string) => boolean },
  { cursor, signal, count }: Pick<ReadContext<unknown>, "cursor" | "signal" | "count">,
): AsyncGenerator<Placed<FolderFile> | BadItem, void, void> {
  const root = await realpath(source.root);
  for await (const found of walkFiles({ ...source, root, after: cursor, signal })) {
    if (found.kind === "ignored") count("ignored", 1);
    else yield itemOf(root, found);
  }
}

function itemOf(root: string, found: Exclude<Found, { kind: "ignored" }>): Placed<FolderFile> | BadItem {
  const { name } = found;
  const path = join(root, name);
  const place = { cursor: name, key: keyOf(name) };
  if (found.kind === "file") {
    const { bytes, modifiedAtMs } = found;
    return new Placed({ path, name, bytes, modifiedAtMs }, place);
  }
  const message = `${path} cannot be looked at: ${found.why}`;
  return new BadItem({ ...place, reason: "unreadable", errorClass: "permission", message });
}

/** The path, or where that is too long for a key its digest. */
function keyOf(name: string): string {
  return isKey(name) ? name : `sha256-${createHash("sha256").update(name).digest("hex")}`;
}
