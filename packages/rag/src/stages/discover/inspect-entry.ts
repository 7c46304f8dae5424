/** Decides what one entry of a folder is: a document, something to ignore, or nothing at all. */
import { lstat, open, realpath } from "node:fs/promises";
import { extname, relative, sep } from "node:path";
import { type DocumentKind, kindByName } from "../../ports/document-type.ts";
import type { DocumentFormat } from "../../ports/extractor.ts";
import { PDF_HEADER_BYTES } from "../validate/magic-bytes.ts";
import type { DiscoveredItem, IgnoredReason, UnreadableEntry } from "./discovered-item.ts";
import { isWithin } from "./path-order.ts";

/** Whether a folder walk passes over entries of this name. */
export function isSkippedName(name: string): boolean {
  return name.startsWith(".") || name === "node_modules";
}

/** Where an entry lies, and what counts as a document. */
export interface Inspection {
  readonly root: string;
  readonly kinds: readonly DocumentKind[];
}

/**
 * The finding for a path that is no folder; `undefined` where there is nothing to report: it vanished meanwhile, or
 * it is a link to something inside `root`, which is found under its own name.
 */
export async function inspectEntry(
  path: string,
  { root, kinds }: Inspection,
): Promise<DiscoveredItem | undefined> {
  try {
    const stats = await lstat(path);
    if (stats.isSymbolicLink()) return await inspectLink(path, root);
    if (!stats.isFile()) return ignored(path, "not-a-file");
    const format = kindByName(kinds, path)?.format ?? (await formatByContent(path, kinds));
    if (format === undefined) return ignored(path, "unsupported");
    return { kind: "file", path, bytes: stats.size, mtimeMs: stats.mtimeMs, named: false, format };
  } catch (error) {
    return unlessVanished(path, error);
  }
}

/** Nothing for what vanished while we looked. A name that is no UTF-8 only seems to have: it cannot be asked for. */
export function unlessVanished(path: string, error: unknown): UnreadableEntry | undefined {
  if (!isMissing(error)) return { kind: "unreadable", path, why: String(error) };
  return path.includes("\uFFFD") ? { kind: "unreadable", path, why: "its name is not UTF-8" } : undefined;
}

/** Whether a system call failed because there is no such path. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

async function inspectLink(path: string, root: string): Promise<DiscoveredItem | undefined> {
  const target = await realpath(path).catch(() => undefined);
  if (target === undefined) return ignored(path, "link-broken");
  if (!isWithin(target, root)) return ignored(path, "link-outside");
  const hidden = relative(root, target).split(sep).some(isSkippedName);
  return hidden ? ignored(path, "link-to-hidden") : undefined;
}

function ignored(path: string, why: IgnoredReason): DiscoveredItem {
  return { kind: "ignored", path, why };
}

/** Files without an extension may be PDFs; looking into every photograph would cost more than it finds. */
async function formatByContent(
  path: string,
  kinds: readonly DocumentKind[],
): Promise<DocumentFormat | undefined> {
  if (extname(path) !== "") return undefined;
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(PDF_HEADER_BYTES) });
    const head = buffer.subarray(0, bytesRead);
    return kinds.findLast(({ magic }) => magic.claimsNameless?.(head) === true)?.format;
  } finally {
    await file.close();
  }
}
