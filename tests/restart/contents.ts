/** What a store holds of a collection and its runs, in a form that two stores can be compared by. */
import type { SqlClient } from "@millrace/postgres";

/** A document with a digest over all it consists of. */
export interface DocumentContents {
  readonly source: string;
  readonly hash: string;
  readonly pages: number;
  readonly passages: number;
  /** Different numbers of passages: equal to `passages` unless one is doubled. */
  readonly ordinals: number;
  /** Over every page's text and every passage's id, place, offsets, text and vector. */
  readonly digest: string;
  /** When its row was written, in µs. */
  readonly indexedAt: string;
}

/** A row of a run's ledger. */
interface LedgerRow {
  readonly key: string;
  readonly outcome: string;
  readonly job: string;
  /** When it was written, in µs. */
  readonly at: string;
}

/** A run with its ledger. */
export interface RunContents {
  readonly id: string;
  readonly state: string;
  readonly ledger: ReadonlyMap<string, LedgerRow>;
}

/** Everything, at one moment. */
export interface Contents {
  readonly documents: ReadonlyMap<string, DocumentContents>;
  /** Oldest first. */
  readonly runs: readonly RunContents[];
}

/** Of a store that was never opened. */
export const NOTHING: Contents = { documents: new Map(), runs: [] };

const DOCUMENTS = `
with passages as (
  select source, count(*)::integer as passages, count(distinct ordinal)::integer as ordinals,
    md5(string_agg(concat_ws('|', id, ordinal, page_start, page_end, start_at, end_at, tokens, heading_path, body,
      md5(VECTOR_BYTES)), '#' order by ordinal, id)) as digest
  from millrace.passage group by source
), pages as (
  select source, count(*)::integer as pages, md5(string_agg(concat_ws('|', number, body), '#' order by number)) as digest
  from millrace.page group by source
)
select source, coalesce(d.hash, 'no document row') as hash, coalesce(g.pages, 0) as pages,
  coalesce(p.passages, 0) as passages, coalesce(p.ordinals, 0) as ordinals,
  concat_ws(' ', d.hash, d.pipeline, d.format, d.engine, d.bytes, d.pages, d.passages, g.digest, p.digest) as digest,
  (extract(epoch from d.indexed_at) * 1000000)::bigint::text as "indexedAt"
from millrace.document d full join passages p using (source) full join pages g using (source)
order by source`;

const LEDGER = `
select run::text, key, concat_ws(' ', state, stage, error_class, reason, message, tally) as outcome, job::text,
  (extract(epoch from at) * 1000000)::bigint::text as at
from millrace.item order by run, key`;

/** Reads a store; one that was killed before its tables were there holds nothing. */
export async function readContents(client: SqlClient, schema: string): Promise<Contents> {
  const run: Run = (text) => client.query(text.replaceAll("millrace.", `${schema}.`));
  const [present] = await run<{ runs: string | null; passages: string | null }>(
    "select to_regclass('millrace.run')::text as runs, to_regclass('millrace.passage')::text as passages",
  );
  if (present?.runs == null) return NOTHING;
  const documents = present.passages === null ? [] : await run<DocumentContents>(await documentsQuery(run));
  const rows = await run<LedgerRow & { run: string }>(LEDGER);
  const runs = await run<{ id: string; state: string }>(
    "select id::text, state from millrace.run order by id",
  );
  return {
    documents: new Map(documents.map((document) => [document.source, document])),
    runs: runs.map(({ id, state }) => ({ id, state, ledger: ledgerOf(id, rows) })),
  };
}

type Run = <Row extends object>(text: string) => Promise<readonly Row[]>;

/** Vectors are pgvector's, or bytes where the server lacks it. */
async function documentsQuery(run: Run): Promise<string> {
  const [column] = await run<{ type: string }>(
    "select atttypid::regtype::text as type from pg_attribute where attrelid = 'millrace.passage'::regclass and attname = 'embedding'",
  );
  const bytes = column?.type === "bytea" ? "embedding" : "vector_send(embedding)";
  return DOCUMENTS.replace("VECTOR_BYTES", bytes);
}

/** The primary key lets a file have one row a run. */
function ledgerOf(
  id: string,
  rows: readonly (LedgerRow & { run: string })[],
): ReadonlyMap<string, LedgerRow> {
  return new Map(rows.filter(({ run }) => run === id).map(({ run: _, ...row }) => [row.key, row]));
}

/** What the collection holds, without when it was written. */
export function textOf({ documents }: Contents): ReadonlyMap<string, Omit<DocumentContents, "indexedAt">> {
  return new Map([...documents].map(([source, { indexedAt: _, ...document }]) => [source, document]));
}

/** How each file ended. */
export function outcomesOf(run: RunContents | undefined): ReadonlyMap<string, string> {
  return new Map([...(run?.ledger ?? [])].map(([key, { outcome }]) => [key, outcome]));
}

/** The files of a run that were read and written. */
export function donePaths(run: RunContents | undefined): readonly string[] {
  return [...outcomesOf(run)].filter(([, outcome]) => outcome.startsWith("done")).map(([path]) => path);
}

/** From a process's start to the first ledger row it wrote, in ms; undefined where it wrote none. */
export function firstRowMs({ runs }: Contents, startedAtMs: number): number | undefined {
  const rows = runs.flatMap(({ ledger }) => [...ledger.values()].map(({ at }) => Number(at) / 1_000));
  const first = Math.min(...rows.filter((atMs) => atMs >= startedAtMs));
  return Number.isFinite(first) ? first - startedAtMs : undefined;
}
