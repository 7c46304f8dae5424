/** Writes down that an embedded store was taken over from a dead process, as soon as it has an audit to write to. */
import { systemEntry } from "@millrace/core";
import { appendAudit } from "./audit.ts";
import { schemaMigrations } from "./migrate.ts";
import { sessionOn } from "./session.ts";
import type { SqlClient, SqlClientInfo } from "./sql-client.ts";
import { statementsFor } from "./statements.ts";

/** What is still to be written down of one opening. */
export class LockTakeover {
  readonly #client: SqlClient;
  readonly #schema: string;
  #from: SqlClientInfo["takenFrom"];

  constructor(client: SqlClient, schema: string) {
    this.#client = client;
    this.#schema = schema;
  }

  /** The store was opened. */
  async opened({ takenFrom }: SqlClientInfo): Promise<void> {
    this.#from = takenFrom;
    await this.writeDown();
  }

  /** Does nothing where nothing was taken over, or it stands there already, or the schema has no audit yet. */
  async writeDown(): Promise<void> {
    const from = this.#from;
    if (from === undefined) return;
    if (!(await schemaMigrations(this.#client, this.#schema)).has("0013-audit")) return;
    const session = sessionOn(this.#client, statementsFor(this.#schema));
    const details = { pid: from.pid, command: from.command, takenBy: process.pid };
    await appendAudit(session, [
      systemEntry({ type: "store.lock-taken-over", action: "open", resourceType: "store", details }),
    ]);
    this.#from = undefined;
  }
}
