/** The statement that writes rows where some may be there already. */
import { quotedName } from "@millrace/core/items";

/** What it writes. */
export interface Upsert {
  /** Quoted. */
  readonly table: string;
  readonly columns: readonly string[];
  readonly onConflict: "ignore" | "update";
  /** Columns of the unique constraint. */
  readonly key: readonly string[];
}

/**
 * Takes the rows as `$1`, a JSON array of objects by column, which the database makes of the table's own types. Of rows
 * with one key the last counts; rows are locked in the order of their keys.
 */
export function upsertStatement({ table, columns, onConflict, key }: Upsert): string {
  const names = columns.map(quoted);
  const keys = key.map(quoted);
  const values = names.map((name) => `row.${name}`).join(", ");
  const isUpdate = onConflict === "update";
  const distinct = isUpdate ? `distinct on (${keys.map((name) => `row.${name}`).join(", ")}) ` : "";
  const order = [...keys.map((name) => `row.${name}`), isUpdate ? "given.place desc" : "given.place"];
  const target = keys.length === 0 ? "" : `(${keys.join(", ")}) `;
  return `
insert into ${table} (${names.join(", ")})
select ${distinct}${values}
from json_array_elements($1::json) with ordinality as given (fields, place)
cross join lateral json_populate_record(null::${table}, given.fields) as row
order by ${order.join(", ")}
on conflict ${target}${actionOf(
    isUpdate,
    columns.filter((column) => !key.includes(column)),
  )}`;
}

function actionOf(isUpdate: boolean, others: readonly string[]): string {
  if (!isUpdate || others.length === 0) return "do nothing";
  const sets = others.map(quoted).map((name) => `${name} = excluded.${name}`);
  return `do update set ${sets.join(", ")}`;
}

function quoted(name: string): string {
  return quotedName("tableWriter.columns", name);
}
