/** Where commands of a test run: a folder of their own, and a schema of their own on the test server. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "@millrace/core";
import { createPgClient, createPgliteClient, sqlStore } from "@millrace/postgres";
import { Client } from "pg";
import { type CommandResult, millrace, writeFiles } from "./millrace-command.ts";

/** Whose store the commands use: the test server's, or an embedded one of their own. */
export type PlaceKind = "server" | "embedded";

/** One such place. */
export class CommandPlace {
  readonly kind: PlaceKind;
  readonly folder: string = mkdtempSync(join(tmpdir(), "millrace-cli-"));
  readonly schema: string = `cli_${randomBytes(6).toString("hex")}`;
  readonly environment: Readonly<Record<string, string>>;

  constructor(kind: PlaceKind = "server") {
    this.kind = kind;
    const server = process.env.MILLRACE_TEST_POSTGRES_URL ?? "";
    this.environment = {
      MILLRACE_STORE: kind === "server" ? server : `file:${join(this.folder, "store")}`,
      MILLRACE_STORE_SCHEMA: this.schema,
      MILLRACE_WORKER_LEASE: "2s",
    };
  }

  /** Runs a command to its end. */
  run(...words: readonly string[]): Promise<CommandResult> {
    return millrace(words, this);
  }

  /** Runs a command that reads this on stdin. */
  feed(input: string, ...words: readonly string[]): Promise<CommandResult> {
    return millrace(words, { folder: this.folder, environment: this.environment, input });
  }

  /** What a command prints as JSON. */
  async data<T>(...words: readonly string[]): Promise<T> {
    const { code, out, err } = await this.run(...words, "-o", "json");
    if (code !== 0) throw new Error(`${words.join(" ")}: exit ${code}: ${err}`);
    return JSON.parse(out);
  }

  /** The store of the commands, to be opened by the test; of an embedded one while no command runs. */
  store(): Store {
    const client =
      this.kind === "server"
        ? createPgClient({ url: this.environment["MILLRACE_STORE"] ?? "" })
        : createPgliteClient({ directory: join(this.folder, "store") });
    return sqlStore(client, { schema: this.schema });
  }

  /** Asks the server itself. */
  async sql(text: string): Promise<void> {
    const client = new Client({ connectionString: process.env.MILLRACE_TEST_POSTGRES_URL });
    await client.connect();
    try {
      await client.query(text);
    } finally {
      await client.end();
    }
  }

  /** The files of most tests: two good ones, one of another type. */
  writeTwo(): void {
    writeFiles(this.folder, {
      "docs/mill.md": "# Mill\n\nA millrace is the channel that drives the wheel of a mill.\n",
      "docs/bread.txt": "Bread is baked from flour, water and salt.\n",
      "docs/picture.png": "not a document",
    });
  }

  /** Leaves nothing behind. */
  async remove(): Promise<void> {
    rmSync(this.folder, { recursive: true, force: true });
    if (this.kind === "server") await this.sql(`drop schema if exists "${this.schema}" cascade`);
  }
}
