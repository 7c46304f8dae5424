/** What a store's URL says: which kind of home it is, and where. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { MillraceError } from "@millrace/core";
import { masked } from "../config/mask.ts";

/** A home by its kind. `name` is how messages call it, without passwords. */
export type StorePlace =
  | { readonly kind: "memory"; readonly name: string }
  | { readonly kind: "embedded"; readonly name: string; readonly directory: string }
  | { readonly kind: "server"; readonly name: string; readonly url: string };

/** Reads a URL. @throws MillraceError `bad-config` for one this version has no adapter for. */
export function parseStoreUrl(url: string): StorePlace {
  const name = masked(url);
  if (url === "memory:") return { kind: "memory", name };
  if (/^postgres(ql)?:\/\/./.test(url)) return { kind: "server", name, url };
  if (url.startsWith("file:")) return { kind: "embedded", name, directory: directoryOf(url) };
  const why = /^rediss?:/.test(url)
    ? "this version has no Redis adapter yet; use postgres://… or file:<folder>"
    : "it takes memory:, file:<folder> or postgres://…";
  throw new MillraceError("bad-config", `store.url is "${name}": ${why}`, { details: { url: name } });
}

/** `file:relative`, `file:/absolute` and `file:///absolute`. */
function directoryOf(url: string): string {
  if (url.startsWith("file://")) return fileURLToPath(url);
  return resolve(url.slice("file:".length));
}
