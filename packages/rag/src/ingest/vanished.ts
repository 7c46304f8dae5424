/** Removes documents whose files are gone from the places a run looked at. */
import type { ItemOutcome, StepLedger } from "@millrace/core";
import picomatch from "picomatch";
import type { Collections } from "../ports/collections.ts";
import type { DocumentReason } from "../ports/extractor.ts";
import { parseGlob } from "../stages/discover/canonical-roots.ts";
import { isWithin } from "../stages/discover/path-order.ts";

const PAGE = 1_000;

/** What is asked of the ledger of a run. */
interface Looked extends Pick<StepLedger, "seen"> {
  failures(): AsyncIterable<Pick<ItemOutcome, "key" | "reason">>;
}

/**
 * Walks the collection's sources and forgets those under the roots that the run did not meet; how many. What lies
 * where the run could not look stays: it may well be there.
 */
export async function removeVanished(
  collections: Collections,
  at: { readonly collection: string; readonly roots: readonly string[] },
  run: Looked,
): Promise<number> {
  const covers = coverage(at.roots);
  const hidden = await hiddenPlaces(run);
  let removed = 0;
  let after: string | undefined;
  for (;;) {
    const sources = await collections.sources(at.collection, { after, limit: PAGE });
    const covered = sources.filter(covers);
    const met = await run.seen(covered);
    const gone = covered.filter(
      (source) => !met.has(source) && !hidden.some((place) => isWithin(source, place)),
    );
    if (gone.length > 0) removed += await collections.forget(at.collection, gone);
    if (sources.length < PAGE) return removed;
    after = sources.at(-1);
  }
}

/** Folders the run was not allowed to read. */
async function hiddenPlaces(run: Pick<Looked, "failures">): Promise<readonly string[]> {
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
