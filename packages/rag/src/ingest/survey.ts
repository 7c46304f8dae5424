/** Looks at what an ingest would do, and does nothing of it. */
import { mapInOrder } from "@millrace/core";
import type { Collections, DocumentVersion } from "../ports/collections.ts";
import { kindOf } from "../ports/document-type.ts";
import { DocumentError, type DocumentReason } from "../ports/extractor.ts";
import { discover } from "../stages/discover/discover.ts";
import type { DiscoveredItem } from "../stages/discover/discovered-item.ts";
import type { ValidatedFile } from "../stages/validate/validate-file.ts";
import { type Estimate, Estimator } from "./estimate.ts";
import { type FileTools, pipelineOf, validated } from "./process-file.ts";
import { type Scope, vanishedSources } from "./vanished.ts";

/**
 * What would become of a document: `changed` for another content than the collection has, `stale` for the same content
 * made in another way (a new version of a stage, other options, another model), `failed` where its bytes already say
 * that it cannot be read. Whether a parser would fail on it only the parser can say.
 */
export type DocumentChange = "new" | "changed" | "stale" | "unchanged" | "removed" | "failed";

/** One document, or the source of one that would leave the collection. */
export interface SurveyedDocument {
  readonly path: string;
  readonly change: DocumentChange;
  /** Left out where there is no file, or it is of no type. */
  readonly format?: string | undefined;
  readonly bytes?: number | undefined;
  /** Counted by its type, without parsing it; of an unchanged document, as it is in the collection. */
  readonly pages?: number | undefined;
  /** What an ingest would make of it. Left out where it would make nothing. */
  readonly estimate?: Estimate | undefined;
  /** Why it would fail. */
  readonly reason?: DocumentReason | undefined;
  readonly message?: string | undefined;
}

/** What a survey finds. */
export interface Survey {
  readonly documents: AsyncIterable<SurveyedDocument>;
  /** Files of other types, met in folders so far. */
  ignored(): number;
}

/** The stages whose versions decide what is unchanged. `collections` is left out where there are none yet. */
export interface SurveyTools extends Pick<FileTools, "extractor" | "splitter" | "embedder"> {
  readonly collections?: Pick<Collections, "get" | "versions" | "sources"> | undefined;
}

/** Documents looked up and judged together. */
const BATCH = 64;
const FILES_AT_ONCE = 4;

/**
 * Finds, validates and hashes every document under the roots, in path order, and tells what an ingest with these
 * parameters would do; then the documents that would leave the collection. Writes nothing. Estimates get better as
 * documents that the collection has go by. To be iterated once.
 * @throws MillraceError `not-found` for a root that is not there; the signal's reason when aborted.
 */
export function surveyDocuments(
  tools: SurveyTools,
  params: Scope,
  { signal }: { readonly signal: AbortSignal },
): Survey {
  let ignored = 0;
  const documents = survey({ tools, params, signal, onIgnored: () => (ignored += 1) });
  return { documents, ignored: () => ignored };
}

interface Surveying {
  readonly tools: SurveyTools;
  readonly params: Scope;
  readonly signal: AbortSignal;
  onIgnored(): void;
}

async function* survey(of: Surveying): AsyncGenerator<SurveyedDocument> {
  const { tools, params } = of;
  const existing = await tools.collections?.get(params.collection);
  const collections = existing === undefined ? undefined : tools.collections;
  const estimator = new Estimator();
  const met = new Set<string>();
  const hidden: string[] = [];
  for await (const batch of batches(of)) {
    const paths = batch.map(({ path }) => path);
    const known =
      (await collections?.versions(params.collection, paths)) ?? new Map<string, DocumentVersion>();
    for await (const document of mapInOrder(batch, FILES_AT_ONCE, (item) =>
      judged(item, { of, known: known.get(item.path), estimator }),
    )) {
      met.add(document.path);
      if (document.reason === "unreadable") hidden.push(document.path);
      yield document;
    }
  }
  if (collections === undefined) return;
  const run = {
    seen: async (keys: readonly string[]) => new Set(keys.filter((key) => met.has(key))),
    failures: async function* () {
      for (const key of hidden) yield { key, reason: "unreadable" };
    },
  };
  for await (const gone of vanishedSources(collections, params, run)) {
    for (const path of gone) yield { path, change: "removed" };
  }
}

type Found = Exclude<DiscoveredItem, { readonly kind: "ignored" }>;

async function* batches({ tools, params, signal, onIgnored }: Surveying): AsyncGenerator<readonly Found[]> {
  let batch: Found[] = [];
  for await (const item of discover(params.roots, { signal, kinds: tools.extractor.documentTypes })) {
    if (item.kind === "ignored") onIgnored();
    else batch.push(item);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

interface Judging {
  readonly of: Surveying;
  readonly known: DocumentVersion | undefined;
  readonly estimator: Estimator;
}

async function judged(item: Found, at: Judging): Promise<SurveyedDocument> {
  const { tools, signal } = at.of;
  const unreadable = item.kind === "unreadable" ? item.why : null;
  try {
    const file = await validated({ path: item.path, unreadable }, { tools, signal });
    return await compared(file, at);
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    return { path: item.path, change: "failed", reason: error.reason, message: error.message };
  }
}

async function compared(file: ValidatedFile, { of, known, estimator }: Judging): Promise<SurveyedDocument> {
  const { path, format, bytes } = file;
  const { tools, signal } = of;
  const change = changeOf(file, known, tools);
  if (known !== undefined && change !== "changed") estimator.learn(format, bytes, known);
  if (change === "unchanged") return { path, change, format, bytes, pages: known?.pages };
  const pages = (await tools.extractor.countPages(file, { signal })) ?? 1;
  const isPaged = kindOf(tools.extractor.documentTypes, format)?.countPages !== undefined;
  return {
    path,
    change,
    format,
    bytes,
    pages,
    estimate: estimator.estimate({ format, bytes, pages, isPaged }),
  };
}

function changeOf(
  file: ValidatedFile,
  known: DocumentVersion | undefined,
  tools: SurveyTools,
): "new" | "changed" | "stale" | "unchanged" {
  if (known === undefined) return "new";
  if (known.hash !== file.contentHash) return "changed";
  return known.pipeline === pipelineOf(file.format, tools) ? "unchanged" : "stale";
}
