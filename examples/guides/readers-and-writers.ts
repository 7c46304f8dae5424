import { definePipeline, type Millrace } from "millrace";
import {
  csvReader,
  mergeParts,
  ndjsonWriter,
  type QuerySource,
  sqlReader,
  tableWriter,
  Upload,
  uploadReader,
} from "millrace/items";

/** A row of the table `orders`. */
export interface Order {
  readonly id: number;
  readonly shop: string;
  readonly total: number;
}

/** A CSV file into the table: each row there once, whatever is killed in between. */
export const importOrders = definePipeline<{ file: string }>({ name: "orders.import" }).step("load", {
  reader: ({ params }) => csvReader(params.file, { key: (row) => row["id"] ?? "" }),
  process: (row): Order => ({
    id: Number(row["id"]),
    shop: row["shop"] ?? "",
    total: Number(row["total"]),
  }),
  writer: tableWriter<Order>({ table: "orders", columns: ["id", "shop", "total"] }),
});

/** The table into a file. */
export function exportOrders(database: QuerySource, path: string) {
  const file = ndjsonWriter<Order>(path);
  return definePipeline<{ month: string }>({ name: "orders.export" })
    .step("write", {
      reader: sqlReader<Order>({ database, query: "select id, shop, total from orders", cursor: "id" }),
      writer: file,
    })
    .step("merge", mergeParts(file, "write"), { alwaysRun: true });
}

/** The store's own database, for readers. */
export function databaseOf(mr: Millrace): QuerySource {
  return {
    query: (text, values) => mr.transaction((transaction) => transaction.query(text, values as string[])),
  };
}

/** Items that were uploaded, one after the other. */
export const countUpload = definePipeline<{ folder: string }>({ name: "upload.count" }).step("count", {
  reader: ({ params }) => uploadReader<{ pages: number }>(params.folder),
  process: (item) => item.pages,
  tally: (pages) => ({ pages }),
});

/** Each request's body as it comes; the last one says how many items there are. */
export async function take(folder: string, bodies: readonly AsyncIterable<Uint8Array>[], count: number) {
  const upload = await Upload.open(folder);
  try {
    for (const body of bodies) await upload.receive(body);
    await upload.seal(count);
  } finally {
    await upload.close();
  }
}
