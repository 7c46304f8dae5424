/** Takes out of a home what a run has left without a reason to stay. */
import { classOf } from "@millrace/core";
import type { Collections } from "../ports/collections.ts";
import type { Extractions } from "../ports/extractions.ts";
import type { CleanupMode } from "./cleanup-mode.ts";
import { type Met, removeVanished, type Scope } from "./vanished.ts";

/** Text that no document refers to stays for a day: documents whose embedding failed are tried again by the next run. */
const KEEP_TEXT_MS = 86_400_000;

/** What a run took away. */
export interface CleanedUp {
  /** Documents. */
  readonly removed: number;
  /** Extracted texts. */
  readonly textsRemoved: number;
}

/** The end of a run: documents by its clean-up mode, then text that no document refers to any more. */
export async function cleanUp(
  tools: { readonly collections: Collections; readonly extractions?: Extractions | undefined },
  scope: Scope,
  run: Met,
): Promise<CleanedUp> {
  const removed = await removeVanished(tools.collections, scope, run);
  return { removed, textsRemoved: (await tools.extractions?.clean({ keepMs: KEEP_TEXT_MS })) ?? 0 };
}

/** The sources whose documents go because their files, as they are now, cannot be read. */
export function sourcesLost(
  failures: readonly { readonly item: { readonly path: string }; readonly error: unknown }[],
  mode: CleanupMode,
): readonly string[] {
  if (mode === "none") return [];
  return failures.filter(({ error }) => isAboutContent(error)).map(({ item }) => item.path);
}

/** Whether the file as it is now cannot be read, so that what it once held must go; not so when we could not look. */
function isAboutContent(error: unknown): boolean {
  const errorClass = classOf(error);
  return errorClass === "validation" || errorClass === "crashed";
}
