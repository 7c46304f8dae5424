/** What an ingest would do, or what has changed since the last one: looked at and told, nothing written. */
import { MillraceError } from "@millrace/core";
import type { DocumentChange, IngestParams, IngestTools, Survey, SurveyedDocument } from "@millrace/rag";
import { EXIT } from "../exit-code.ts";
import type { Format } from "../output.ts";
import type { OpenHome, Shell } from "../shell.ts";
import { renderTable } from "../table.ts";
import { count, counted, nearPath } from "../words.ts";
import type { Reading } from "./ingest-tools.ts";

/** What the command is asked to tell. */
export interface SurveyRequest {
  readonly shell: Shell;
  /** Left out where there is no store yet. */
  readonly home: OpenHome | undefined;
  readonly params: IngestParams;
  readonly reading: Reading;
  readonly format: Format;
  readonly signal: AbortSignal;
}

/** The figures of `ingest --dry-run -o json`. */
interface Totals {
  documents: number;
  new: number;
  changed: number;
  stale: number;
  unchanged: number;
  removed: number;
  failed: number;
  ignored: number;
  /** Of the documents that would be read. */
  pages: number;
  /** Guessed. */
  passages: number;
  /** Guessed. */
  tokens: number;
  failures: Record<string, number>;
  formats: Record<string, FormatTotals>;
}

interface FormatTotals {
  documents: number;
  pages: number;
  bytes: number;
  toRead: number;
}

/** `--dry-run`: how much there is to do. */
export async function tellEstimate(request: SurveyRequest): Promise<number> {
  const { shell, format } = request;
  const survey = await surveyOf(request);
  const totals = emptyTotals();
  for await (const document of survey.documents) add(totals, document);
  totals.ignored = survey.ignored();
  shell.terminal.print(format === "table" ? estimateLines(totals).join("\n") : JSON.stringify(totals));
  if (format === "table") shell.terminal.say("info", "dry run: nothing was written");
  return EXIT.ok;
}

/** `--changes`: which documents an ingest would read or remove. */
export async function tellChanges(request: SurveyRequest): Promise<number> {
  const { shell, format } = request;
  const survey = await surveyOf(request);
  const all: SurveyedDocument[] = [];
  for await (const document of survey.documents) {
    if (format === "ndjson") shell.terminal.print(JSON.stringify(changeRecord(document)));
    else if (format === "table") printChange(request, document);
    if (format === "json" || document.change !== "unchanged") all.push(document);
  }
  if (format === "json") shell.terminal.print(JSON.stringify(changesRecord(all), null, 2));
  else if (format === "table" && all.length === 0) shell.terminal.say("info", "nothing has changed");
  return EXIT.ok;
}

async function surveyOf({ home, params, reading, signal }: SurveyRequest): Promise<Survey> {
  const [{ surveyDocuments }, { embedder }] = await Promise.all([
    import("@millrace/rag"),
    import("./ingest-tools.ts"),
  ]);
  const { extractor } = reading;
  const tools = { extractor, splitter: reading.splitter(), embedder: embedder() };
  const collections = await readableCollections(home);
  await refuseOtherModel(collections, { name: params.collection, ...tools });
  return surveyDocuments({ ...tools, collections }, params, { signal });
}

/** As the ingest itself would refuse: no figures of what cannot be done. */
async function refuseOtherModel(
  collections: OpenHome["collections"] | undefined,
  { name, embedder }: { readonly name: string } & Pick<IngestTools, "embedder">,
): Promise<void> {
  if ((await collections?.shape(name)) === undefined) return;
  const { model, dimensions } = embedder;
  await collections?.ensure({ name, model, dimensions });
}

async function readableCollections(home: OpenHome | undefined): Promise<OpenHome["collections"] | undefined> {
  const state = (await home?.collections.prepared()) ?? "absent";
  if (state === "absent") return undefined;
  if (state === "current") return home?.collections;
  throw new MillraceError(
    "schema-mismatch",
    `the collections at ${home?.place.name} are of an older version: run "millrace collections ls", which brings them up to date`,
  );
}

function emptyTotals(): Totals {
  const changes = { new: 0, changed: 0, stale: 0, unchanged: 0, removed: 0, failed: 0 };
  return {
    ...{ documents: 0, ...changes, ignored: 0, pages: 0, passages: 0, tokens: 0 },
    ...{ failures: {}, formats: {} },
  };
}

function add(totals: Totals, document: SurveyedDocument): void {
  const { change, format, pages = 0, bytes = 0, estimate, reason } = document;
  totals[change] += 1;
  if (change !== "removed") totals.documents += 1;
  if (reason !== undefined) totals.failures[reason] = (totals.failures[reason] ?? 0) + 1;
  if (format !== undefined) {
    totals.formats[format] ??= { documents: 0, pages: 0, bytes: 0, toRead: 0 };
    const of = totals.formats[format];
    of.documents += 1;
    of.pages += pages;
    of.bytes += bytes;
    if (estimate !== undefined) of.toRead += 1;
  }
  if (estimate === undefined) return;
  totals.pages += pages;
  totals.passages += estimate.passages;
  totals.tokens += estimate.tokens;
}

function estimateLines(totals: Totals): readonly string[] {
  const rows = Object.entries(totals.formats).sort(([a], [b]) => (a < b ? -1 : 1));
  const table = renderTable(
    [
      { title: "type", cell: ([format]) => format },
      { title: "documents", align: "right", cell: ([, of]) => count(of.documents) },
      { title: "to read", align: "right", cell: ([, of]) => count(of.toRead) },
      { title: "pages", align: "right", cell: ([, of]) => count(of.pages) },
      { title: "bytes", align: "right", cell: ([, of]) => count(of.bytes) },
    ],
    rows,
  );
  const failures = Object.entries(totals.failures).map(([reason, number]) => `${reason} ${count(number)}`);
  return [
    ...(rows.length === 0 ? [] : table),
    `${counted(totals.documents, "document")}: ${count(totals.new)} new, ${count(totals.changed)} changed, ` +
      `${count(totals.stale)} to be made anew, ${count(totals.unchanged)} unchanged, ${count(totals.failed)} failed; ` +
      `${count(totals.removed)} to be removed; ${counted(totals.ignored, "file")} of other types ignored`,
    `to read: ${counted(totals.pages, "page")}, about ${counted(totals.passages, "passage")} of ${counted(totals.tokens, "token")}`,
    ...(failures.length === 0 ? [] : [`failed: ${failures.join(", ")}`]),
  ];
}

const SIGNS: Readonly<Record<DocumentChange, string>> = {
  new: "+",
  changed: "~",
  stale: "~",
  removed: "-",
  failed: "!",
  unchanged: " ",
};

function printChange({ shell }: SurveyRequest, { path, change, reason }: SurveyedDocument): void {
  if (change === "unchanged") return;
  const why = reason === undefined ? "" : `  (${reason})`;
  shell.terminal.print(`${SIGNS[change]} ${change.padEnd(8)} ${nearPath(path, shell.folder)}${why}`);
}

function changeRecord({ path, change, reason, message }: SurveyedDocument): object {
  return { path, change, ...(reason === undefined ? {} : { reason, message }) };
}

function changesRecord(all: readonly SurveyedDocument[]): object {
  const paths = (change: DocumentChange): readonly string[] =>
    all.filter((document) => document.change === change).map(({ path }) => path);
  return {
    new: paths("new"),
    changed: paths("changed"),
    stale: paths("stale"),
    removed: paths("removed"),
    unchanged: paths("unchanged"),
    failed: all
      .filter(({ change }) => change === "failed")
      .map(({ path, reason, message }) => ({ path, reason, message })),
  };
}
