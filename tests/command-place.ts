/** Where commands of a test run: a folder of their own, and a schema of their own on the test server. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { type CommandResult, millrace, writeFiles } from "./millrace-command.ts";

/** One such place. */
export class CommandPlace {
  readonly folder: string = mkdtempSync(join(tmpdir(), "millrace-cli-"));
  readonly schema: string = `cli_${randomBytes(6).toString("hex")}`;
  readonly environment: Readonly<Record<string, string>> = {
    MILLRACE_STORE: process.env.MILLRACE_TEST_POSTGRES_URL ?? "",
    MILLRACE_STORE_SCHEMA: this.schema,
    MILLRACE_WORKER_LEASE: "2s",
  };

  /** Runs a command to its end. */
  run(...words: readonly string[]): Promise<CommandResult> {
    return millrace(words, this);
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
    await this.sql(`drop schema if exists "${this.schema}" cascade`);
  }
}
