/** A program that embeds in bulk against a fake model server, with everything it opened closed after each test. */
import { createMillrace, type Millrace, type Worker } from "@millrace/core";
import {
  type BulkEmbedTools,
  bulkEmbed,
  bulkInsert,
  type Collections,
  type EndpointOptions,
  type ItemEmbedder,
  Models,
} from "@millrace/rag";
import { ModelServer, type ModelServerOptions } from "@millrace/testkit/model-server";
import { type BulkHome, type BulkPlace, ndjsonFile } from "./bulk-homes.ts";

/** Name of the one model. */
export const MODEL = "fake";

/** What a test may say of its scene. */
export interface SceneOptions {
  readonly server?: ModelServerOptions | undefined;
  readonly model?: Partial<EndpointOptions> | undefined;
  readonly bulk?: Partial<Omit<BulkEmbedTools, "model" | "collections">> | undefined;
}

/** One process of the scene. */
export interface BulkProcess {
  readonly mr: Millrace;
  readonly collections: Collections;
  readonly model: ItemEmbedder;
  readonly embed: ReturnType<typeof bulkEmbed>;
  readonly insert: ReturnType<typeof bulkInsert>;
}

/** The scene. */
export class BulkScene {
  readonly server: ModelServer;
  readonly place: BulkPlace;
  readonly #options: SceneOptions;
  /** Stopped before anything is closed: processes on the memory store share it. */
  readonly #workers: Worker[] = [];
  readonly #closing: (() => unknown)[] = [];

  private constructor(server: ModelServer, place: BulkPlace, options: SceneOptions) {
    this.server = server;
    this.place = place;
    this.#options = options;
  }

  static async on(home: BulkHome, options: SceneOptions = {}): Promise<BulkScene> {
    const server = await ModelServer.start({ dimensions: 8, ...options.server });
    return new BulkScene(server, await home.create(), options);
  }

  /** A program of its own on the scene's store; with a worker unless told otherwise. */
  process({ works = true, first = true } = {}): BulkProcess {
    const { store, collections } = first ? this.place : this.place.again();
    const { server } = this;
    const options = {
      url: `${server.origin}/v1`,
      dimensions: server.dimensions,
      maxInputs: 10,
      ...this.#options.model,
    };
    const models = new Models({ [MODEL]: options });
    const model = models.get(MODEL);
    const embed = bulkEmbed({ model, collections, retry: FAST_RETRY, ...this.#options.bulk });
    const insert = bulkInsert({ collections, retry: FAST_RETRY });
    const mr = createMillrace({ store, jobs: [embed, insert] });
    models.keepLimitsIn(mr.limits);
    this.#closing.push(
      () => models.close(),
      () => mr.close(),
    );
    if (works) this.#workers.push(mr.worker({ drain: "1s" }));
    return { mr, collections, model, embed, insert };
  }

  /** A file of records, removed with the scene. */
  file(records: readonly unknown[]): string {
    const { path, remove } = ndjsonFile(records);
    this.#closing.push(remove);
    return path;
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop()));
    for (const close of this.#closing.splice(0).reverse()) await close();
    await this.place.dispose();
    await this.server.stop();
  }
}

const FAST_RETRY = { maxAttempts: 8, initial: 50, multiplier: 2, max: "1s", jitter: "full" } as const;
