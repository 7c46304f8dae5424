/** Reads a sealed upload. */
import { stat } from "node:fs/promises";
import { ClassedError, MillraceError } from "../../model/errors.ts";
import { badOption } from "../../model/options.ts";
import { BadItem } from "../bad-item.ts";
import type { ReadContext } from "../contexts.ts";
import type { Reader } from "../definition.ts";
import { Placed } from "../placed.ts";
import { fileBlocks } from "./file-blocks.ts";
import { cursorOf, FIRST_LINE, placeOf, splitLines, utf8 } from "./split-lines.ts";
import type { SpooledItem } from "./upload.ts";
import { sealOf, spoolOf } from "./upload-files.ts";

/**
 * A reader of the items of an `Upload`, in the order they came, under the keys they came with; malformed and oversized
 * ones are bad items. The cursor is a place in its file: reading on after a restart begins there.
 * @throws MillraceError `bad-config`; reading throws `bad-usage` before the upload was sealed, and a ClassedError of class
 * validation where its file is not what was sealed.
 */
export function uploadReader<Item = unknown>(folder: string): Reader<Item> {
  if (typeof folder !== "string" || folder === "")
    throw badOption("uploadReader.folder", folder, "the path of a folder");
  return { read: (context) => readUpload<Item>(folder, context) };
}

async function* readUpload<Item>(
  folder: string,
  { cursor, signal }: Pick<ReadContext<unknown>, "cursor" | "signal">,
): AsyncGenerator<Placed<Item> | BadItem, void, void> {
  await requireSealed(folder);
  const from = cursor === undefined ? FIRST_LINE : placeOf(cursor);
  const blocks = fileBlocks(spoolOf(folder), { from: from.offset, signal });
  for await (const { bytes, next } of splitLines(blocks, { from, maxBytes: Number.POSITIVE_INFINITY })) {
    // No line is above the limit, for there is none; written by Upload.
    const spooled = JSON.parse(utf8(bytes as Buffer)) as SpooledItem;
    const place = { key: spooled.key, cursor: cursorOf(next) };
    if ("bad" in spooled) yield new BadItem({ ...place, ...spooled.bad });
    else yield new Placed(spooled.item as Item, place); // the caller's word
  }
}

async function requireSealed(folder: string): Promise<void> {
  const seal = await sealOf(folder);
  if (seal === undefined) {
    throw new MillraceError(
      "bad-usage",
      `the upload in ${folder} is not sealed: seal it before a run reads it`,
    );
  }
  const { size } = await stat(spoolOf(folder));
  if (size === seal.bytes) return;
  throw new ClassedError(
    "validation",
    "changed",
    `the upload in ${folder} was sealed with ${seal.bytes} bytes and has ${size}: its file was damaged, upload it again`,
  );
}
