/** Heads of the audit that somebody has kept: a file that `audit head` printed, or one head on the command line. */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type KnownHead, MillraceError } from "@millrace/core";

/** Where a head is said. */
export interface HeadPlace {
  /** What a file's name is counted from. */
  readonly folder: string;
  /** Whose head one on the command line is; the empty tenant's where left out. */
  readonly tenant?: string | undefined;
}

const ONE_HEAD = /^(?:(\d{1,15}):)?([0-9a-f]{64})$/;

/**
 * The heads that a hash (`<hash>` or `<n>:<hash>`) or a file says: `audit head`'s table, its JSON, or a JSON value a line.
 * @throws MillraceError `bad-usage` for a file that is not there or says none.
 */
export function readHeads(head: string, { folder, tenant = "" }: HeadPlace): readonly KnownHead[] {
  const [, n, hash] = ONE_HEAD.exec(head) ?? [];
  if (hash !== undefined) return [{ tenant, hash, n: n === undefined ? undefined : Number(n) }];
  const path = resolve(folder, head);
  if (!existsSync(path)) throw badHead(`there is no file ${path}, and "${head}" is no hash of 64 hex digits`);
  const heads = headsIn(readFileSync(path, "utf8"));
  if (heads.length === 0) throw badHead(`${path} holds no heads; make it with "millrace audit head -o json"`);
  return heads;
}

function headsIn(text: string): readonly KnownHead[] {
  const trimmed = text.trim();
  if (!trimmed.startsWith("[") && !trimmed.startsWith("{")) return trimmed.split("\n").flatMap(headOfLine);
  try {
    const values: readonly unknown[] = trimmed.startsWith("[")
      ? JSON.parse(trimmed)
      : trimmed.split("\n").map((line) => JSON.parse(line));
    return values.flatMap(headOf);
  } catch {
    return [];
  }
}

/** A line of the table: tenant, place and hash; a tenant's name may hold spaces. */
function headOfLine(line: string): readonly KnownHead[] {
  const [, tenant, n, hash] = /^(.*?)\s+(\d{1,15})\s+([0-9a-f]{64})$/.exec(line.trim()) ?? [];
  if (tenant === undefined || n === undefined || hash === undefined) return [];
  return [{ tenant: tenant === "(none)" ? "" : tenant, n: Number(n), hash }];
}

/** Its shape is checked by who verifies it. */
function headOf(value: unknown): readonly KnownHead[] {
  if (typeof value !== "object" || value === null || !("hash" in value)) return [];
  return [value as KnownHead];
}

function badHead(says: string): MillraceError {
  return new MillraceError("bad-usage", `--head: ${says}`);
}
