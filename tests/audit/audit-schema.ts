/** A schema of the test server with an audit of some records, and a way to write to it behind the store's back. */
import { createMillrace, defineJob, type Millrace } from "@millrace/core";
import { createPgClient, type SqlClient, sqlStore } from "@millrace/postgres";
import { testPostgresUrl } from "@millrace/testkit";

const job = defineJob({ name: "j" });

/** One such schema. */
export interface AuditSchema {
  readonly schema: string;
  readonly mr: Millrace;
  /** Statements with `millrace.` for the schema, as whoever owns the tables may send them. */
  sql(text: string): Promise<readonly Record<string, unknown>[]>;
  /** The same with the triggers of the audit off. */
  tamper(...texts: string[]): Promise<void>;
  /** Cancels so many jobs of a tenant, one call each. */
  act(count: number, tenant?: string): Promise<void>;
  remove(): Promise<void>;
}

/** Makes it; what was there is dropped. */
export async function auditSchema(schema: string): Promise<AuditSchema> {
  const url = testPostgresUrl();
  const client = createPgClient({ url });
  await client.open();
  await client.script(`drop schema if exists "${schema}" cascade`);
  const actor = { kind: "user", id: "ann" } as const;
  const mr = createMillrace({ store: sqlStore(createPgClient({ url }), { schema }), actor });
  await mr.open();
  const inSchema = (text: string) => text.replaceAll("millrace.", `"${schema}".`);
  return {
    schema,
    mr,
    sql: (text) => client.query(inSchema(text)),
    tamper: (...texts) => tamper(client, texts.map(inSchema), schema),
    act: (count, tenant = "") => act(mr, count, tenant),
    remove: async () => {
      await mr.close();
      await client.script(`drop schema if exists "${schema}" cascade`);
      await client.close();
    },
  };
}

async function tamper(client: SqlClient, texts: readonly string[], schema: string): Promise<void> {
  await client.script(`alter table "${schema}".audit disable trigger user`);
  for (const text of texts) await client.script(text);
  await client.script(`alter table "${schema}".audit enable trigger user`);
}

async function act(mr: Millrace, count: number, tenant: string): Promise<void> {
  for (let made = 0; made < count; made += 1) {
    const { id } = await mr.enqueue(job, undefined, { tenant, delay: "1h" });
    await mr.jobs.cancel(id, { reason: `the ${made + 1}th` });
  }
}
