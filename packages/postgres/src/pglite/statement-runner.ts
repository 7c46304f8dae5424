/** Runs statements on PGlite over the wire protocol: named prepared statements, one message there and back. */
import type { PGlite, protocol } from "@electric-sql/pglite";
import { type Decode, decoderOf } from "../decode-value.ts";
import type { WireValue } from "../encode-value.ts";
import { toSqlFailure } from "../sql-failure.ts";
import { copyMessage } from "./copy-message.ts";
import { StatementRefused } from "./statement-refused.ts";
import type { ThreadResult } from "./thread-messages.ts";

type Message = Awaited<ReturnType<PGlite["execProtocolStream"]>>[number];
type Protocol = typeof protocol;

/** What is known of a statement once the database has parsed it. */
interface PreparedStatement {
  readonly name: string;
  readonly columns: readonly string[];
  readonly decoders: readonly Decode[];
}

/** Beyond so many different texts all are forgotten: a caller that builds its SQL must not fill the memory. */
const MAX_PREPARED = 500;

/** The one connection of a PGlite database. Calls must not overlap. */
export class StatementRunner {
  readonly #database: PGlite;
  readonly #protocol: Protocol;
  readonly #prepared = new Map<string, PreparedStatement>();
  #names = 0;

  constructor(database: PGlite, wire: Protocol) {
    this.#database = database;
    this.#protocol = wire;
  }

  /** Runs one statement. PGlite's own `query` parses each time: 4 times slower for a small select, 2 for an update. */
  async query(text: string, values: readonly WireValue[]): Promise<ThreadResult> {
    const known = this.#prepared.get(text);
    const name = known?.name ?? `m${++this.#names}`;
    const messages = await this.#send(
      this.#queryMessage({ text, name, values, isKnown: known !== undefined }),
    );
    const refusal = this.#refusalIn(messages);
    if (refusal !== undefined) {
      await this.#forget(text, name);
      throw refusal;
    }
    const statement = known ?? (await this.#remember(text, name, messages));
    return this.#resultOf(messages, statement);
  }

  /** Runs several statements. Prepared ones are forgotten, since their result types may have changed. */
  async script(text: string): Promise<ThreadResult> {
    const messages = await this.#simple(this.#protocol.serialize.query(text));
    await this.#forgetAll();
    return { tag: this.#tagOf(messages), columns: [], rows: [] };
  }

  /** Runs one `COPY … FROM STDIN` fed with the chunks. */
  async copy(text: string, chunks: readonly Uint8Array[]): Promise<ThreadResult> {
    const messages = await this.#simple(copyMessage(this.#protocol.serialize.query(text), chunks));
    return { tag: this.#tagOf(messages), columns: [], rows: [] };
  }

  #queryMessage(call: {
    text: string;
    name: string;
    values: readonly WireValue[];
    isKnown: boolean;
  }): Uint8Array {
    const { serialize } = this.#protocol;
    const { text, name, values, isKnown } = call;
    const parse = isKnown ? [] : [serialize.parse({ name, text }), serialize.describe({ type: "S", name })];
    const run = [
      serialize.bind({ statement: name, values: [...values] }),
      serialize.execute(),
      serialize.sync(),
    ];
    return Buffer.concat([...parse, ...run]);
  }

  async #simple(message: Uint8Array): Promise<readonly Message[]> {
    const messages = await this.#send(message);
    const refusal = this.#refusalIn(messages);
    if (refusal !== undefined) throw refusal;
    return messages;
  }

  #send(message: Uint8Array): Promise<readonly Message[]> {
    return this.#database.execProtocolStream(message, { syncToFs: false, throwOnError: false });
  }

  #refusalIn(messages: readonly Message[]): StatementRefused | undefined {
    const { DatabaseError } = this.#protocol.messages;
    const error = messages.find((message) => message instanceof DatabaseError);
    return error === undefined ? undefined : new StatementRefused(toSqlFailure(error));
  }

  async #remember(text: string, name: string, messages: readonly Message[]): Promise<PreparedStatement> {
    const { RowDescriptionMessage } = this.#protocol.messages;
    const fields = messages.find((message) => message instanceof RowDescriptionMessage)?.fields ?? [];
    const statement = {
      name,
      columns: fields.map((field) => field.name),
      decoders: fields.map((field) => decoderOf(field.dataTypeID)),
    };
    if (this.#prepared.size >= MAX_PREPARED) await this.#forgetAll();
    else this.#prepared.set(text, statement);
    return statement;
  }

  async #forget(text: string, name: string): Promise<void> {
    const { serialize } = this.#protocol;
    this.#prepared.delete(text);
    await this.#send(Buffer.concat([serialize.close({ type: "S", name }), serialize.sync()]));
  }

  async #forgetAll(): Promise<void> {
    this.#prepared.clear();
    await this.#simple(this.#protocol.serialize.query("deallocate all"));
  }

  #resultOf(messages: readonly Message[], statement: PreparedStatement): ThreadResult {
    const { DataRowMessage } = this.#protocol.messages;
    const rows: unknown[][] = [];
    for (const message of messages) {
      if (message instanceof DataRowMessage) rows.push(decodeRow(message.fields, statement.decoders));
    }
    return { tag: this.#tagOf(messages), columns: statement.columns, rows };
  }

  #tagOf(messages: readonly Message[]): string {
    const { CommandCompleteMessage } = this.#protocol.messages;
    return messages.findLast((message) => message instanceof CommandCompleteMessage)?.text ?? "";
  }
}

function decodeRow(fields: readonly (string | null)[], decoders: readonly Decode[]): unknown[] {
  return fields.map((text, index) => (text === null ? null : (decoders[index]?.(text) ?? text)));
}
