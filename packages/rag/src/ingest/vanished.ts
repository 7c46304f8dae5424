/** Finds documents whose files are gone from the places a run looked at, and removes them. */
import picomatch from "picomatch";
import type { Collections } from "../ports/collections.ts";
import type { DocumentReason } from "../ports/extractor.ts";
import { parseGlob } from "../stages/discover/canonical-roots.ts";
import { isWithin } from "../stages/discover/path-order.ts";
import { type CleanupMode, cleanupMode } from "./cleanup-mode.ts";

const PAGE = 1_000;

/** What a run may take away, and where it looked. */
export interface Scope {
  readonly collection: string;
  readonly roots: readonly string[];
  readonly cleanup?: CleanupMode | undefined;
}

/** What a run met. */
export interface Met {
  /** Which of these keys it met, whatever became of them. */
  seen(keys: readonly string[]): Promise<ReadonlySet<string>>;
  failures(): AsyncIterable<{ readonly key: string; readonly reason?: string | undefined }>;
}

/** Forgets the documents that {@link vanishedSources} tells of; how many there were. */
export async function removeVanished(collections: Collections, scope: Scope, run: Met): Promise<number> {
  let removed = 0;
  for await (const gone of vanishedSources(collections, scope, run)) {
    removed += await collections.forget(scope.collection, gone);
  }
  return removed;
}

/**
 * Walks the collection's sources and tells page by page which of them the clean-up mode takes away because the run did
 * not meet them: under its roots, or anywhere. What lies where the run could not look stays: it may well be there. The
 * pages told of may be forgotten meanwhile.
 */
export async function* vanishedSources(
  collections: Pick<Collections, "sources">,
  scope: Scope,
  run: Met,
): AsyncGenerator<readonly string[]> {
  const covers = reach(scope);
  if (covers === undefined) return;
  const hidden = await hiddenPlaces(run);
  let after: string | undefined;
  for (;;) {
    const sources = await collections.sources(scope.collection, { after, limit: PAGE });
    const covered = sources.filter(covers);
    const met = await run.seen(covered);
    const gone = covered.filter(
      (source) => !met.has(source) && !hidden.some((place) => isWithin(source, place)),
    );
    if (gone.length > 0) yield gone;
    if (sources.length < PAGE) return;
    after = sources.at(-1);
  }
}

function reach({ roots, cleanup }: Scope): ((source: string) => boolean) | undefined {
  const mode = cleanupMode(cleanup);
  switch (mode) {
    case "none":
    case "incremental":
      return undefined;
    case "scoped-full":
      return coverage(roots);
    case "full":
      return () => true;
  }
}

/** Folders the run was not allowed to read. */
async function hiddenPlaces(run: Pick<Met, "failures">): Promise<readonly string[]> {
  const reason: DocumentReason = "unreadable";
  const places: string[] = [];
  for await (const failure of run.failures()) if (failure.reason === reason) places.push(failure.key);
  return places;
}

function coverage(roots: readonly string[]): (source: string) => boolean {
  const tests = roots.map((root) => {
    const glob = parseGlob(root);
    if (glob === undefined) return (source: string) => source === root || isWithin(source, root);
    const matches = picomatch(glob.pattern);
    return (source: string) => isWithin(source, glob.folder) && matches(source.slice(glob.folder.length + 1));
  });
  return (source) => tests.some((test) => test(source));
}
