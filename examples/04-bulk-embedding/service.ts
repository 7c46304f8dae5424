/** The service: two models with a queue each, bulk embedding and bulk inserting, a worker, and files of items. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bulkEmbed, bulkInsert, type Collections, Models } from "@millrace/rag";
import { type ItemRow, type Millrace, millrace, openCollections, type RunView } from "millrace";
import { ExampleServer } from "./model-server.ts";

/** Everything a check works with. */
export class Service {
  readonly server: ExampleServer;
  readonly collections: Collections;
  readonly models: Models;
  readonly mr: Millrace;
  readonly embed: Readonly<Record<"ada" | "bert", ReturnType<typeof bulkEmbed>>>;
  readonly insert: ReturnType<typeof bulkInsert>;
  readonly #folder = mkdtempSync(join(tmpdir(), "millrace-example-bulk-"));
  #files = 0;

  private constructor(parts: Pick<Service, "server" | "collections" | "models" | "mr" | "embed" | "insert">) {
    this.server = parts.server;
    this.collections = parts.collections;
    this.models = parts.models;
    this.mr = parts.mr;
    this.embed = parts.embed;
    this.insert = parts.insert;
  }

  /** Starts the model server, opens the store and works on what there is. */
  static async open(store: string): Promise<Service> {
    const server = new ExampleServer();
    const url = await server.start();
    const { dimensions } = server;
    const models = new Models({
      ada: { url, dimensions, maxInputs: 50, concurrency: 4, maxTokensPerInput: 100 },
      bert: { url, dimensions, maxInputs: 20, concurrency: 1 },
    });
    const home = await openCollections({ store });
    const { collections } = home;
    const embed = {
      ada: bulkEmbed({ model: models.get("ada"), collections }),
      bert: bulkEmbed({ model: models.get("bert"), collections }),
    };
    const insert = bulkInsert({ collections });
    const mr = millrace({ store: home.store, jobs: [embed.ada, embed.bert, insert] });
    models.keepLimitsIn(mr.limits);
    mr.worker({ concurrency: 12 });
    return new Service({ server, collections, models, mr, embed, insert });
  }

  /** A file of these items, one a line; a text stands for itself. */
  file(items: readonly unknown[]): string {
    this.#files += 1;
    const path = join(this.#folder, `items-${this.#files}.ndjson`);
    const lines = items.map((item) => (typeof item === "string" ? item : JSON.stringify(item)));
    writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.mr.close();
    await this.models.close();
    await this.server.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** So many texts; the prefix keeps the ids of different checks apart. */
export function texts(
  prefix: string,
  count: number,
): readonly { readonly id: string; readonly text: string }[] {
  return Array.from({ length: count }, (_, n) => ({ id: `${prefix}-${n}`, text: `${prefix}: text ${n}` }));
}

/** A run's items that failed. */
export async function failedItems(run: RunView): Promise<readonly ItemRow[]> {
  const found: ItemRow[] = [];
  for await (const item of run.items("items", { states: ["failed"] })) found.push(item);
  return found;
}
