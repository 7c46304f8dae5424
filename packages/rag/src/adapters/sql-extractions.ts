/** Extracted text in a database schema, beside the collections that are made of it. */
import { queries } from "../generated/sources.ts";
import type { ExtractionKey, Extractions } from "../ports/extractions.ts";
import type { ExtractedDocument } from "../ports/extractor.ts";
import type { Database, SqlValue } from "../ports/sql.ts";
import { inSchema } from "./collection-schema.ts";
import { bodyOf, extractedOf } from "./extraction-body.ts";

/** Kept texts of a schema (default `millrace`). Its tables are made by `prepare` of the collections there. */
export class SqlExtractions implements Extractions {
  readonly #database: Database;
  readonly #schema: string;

  constructor(database: Database, { schema = "millrace" }: { readonly schema?: string | undefined } = {}) {
    this.#database = database;
    this.#schema = schema;
  }

  async find({ hash, format, version }: ExtractionKey): Promise<ExtractedDocument | undefined> {
    const [row] = await this.#run<{ body: Uint8Array }>("extraction-find", [hash, format, version]);
    return row === undefined ? undefined : extractedOf(row.body);
  }

  async save({ hash, format, version }: ExtractionKey, document: ExtractedDocument): Promise<void> {
    const body = await bodyOf(document);
    await this.#run("extraction-save", [hash, format, version, document.pages.length, body]);
  }

  async clean({ keepMs }: { readonly keepMs: number }): Promise<number> {
    const [row] = await this.#run<{ removed: number }>("extraction-clean", [keepMs]);
    return row?.removed ?? 0;
  }

  #run<Row extends object>(name: keyof typeof queries, values: readonly SqlValue[]): Promise<readonly Row[]> {
    return this.#database.query<Row>(inSchema(queries[name], this.#schema), values);
  }
}
