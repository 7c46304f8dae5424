/** Pipelines made at random, whose steps fail until their run has been restarted so often. */
import { ClassedError } from "../model/errors.ts";
import { sleep } from "../runtime/timers.ts";
import type { Scene } from "../testing/scene.fixture.ts";
import { definePipeline, type NoParams } from "./pipeline/define-pipeline.ts";
import type { Pipeline } from "./pipeline/pipeline.ts";

/** A step; `mends`, `parts` and `items` say how often the run has to be restarted until they no longer fail: 0 never do. */
export type RandomStep =
  | { readonly kind: "task"; readonly mends: number }
  | { readonly kind: "parts"; readonly parts: readonly number[] }
  | {
      readonly kind: "items";
      readonly items: readonly number[];
      readonly chunkSize: number;
      readonly concurrency: number;
      readonly ledger: "all" | "failures";
    };

const WORK_MS = 10;

/** The pipeline of these steps; effects are told by `made`. */
export class RandomPipeline {
  readonly made: string[] = [];
  life = 1;
  readonly #steps: readonly RandomStep[];
  readonly #time: () => Scene<readonly []>["time"];

  constructor(steps: readonly RandomStep[], time: () => Scene<readonly []>["time"]) {
    this.#steps = steps;
    this.#time = time;
  }

  pipeline(): Pipeline<NoParams, unknown> {
    let pipeline: Pipeline<NoParams, unknown> = definePipeline({ name: "random" });
    for (const [at, its] of this.#steps.entries()) pipeline = this.#with(pipeline, `s${at}`, its);
    return pipeline;
  }

  #with(pipeline: Pipeline<NoParams, unknown>, name: string, its: RandomStep): Pipeline<NoParams, unknown> {
    switch (its.kind) {
      case "task":
        return pipeline.step(name, () => this.#work(name, its.mends));
      case "parts":
        return pipeline.partition(name, {
          partitions: () => Object.fromEntries(its.parts.map((mended, n) => [`p${n}`, mended])),
          step: ({ ctx }) => this.#work(`${name}/${ctx.partition.name}`, ctx.partition.context),
        });
      case "items":
        return pipeline.step(name, {
          chunkSize: its.chunkSize,
          concurrency: its.concurrency,
          ledger: its.ledger,
          read: ({ cursor }) => its.items.map((_, n) => n).slice(Number(cursor ?? -1) + 1),
          cursor: String,
          key: (n) => String(n).padStart(3, "0"),
          process: async (n) => {
            await this.#work(undefined, its.items[n] ?? 0);
            return n;
          },
          write: (numbers) => void this.made.push(...numbers.map((n) => `${name}:${n}`)),
        });
    }
  }

  async #work(effect: string | undefined, mended: number): Promise<void> {
    await sleep(this.#time(), WORK_MS);
    if (this.life <= mended) throw new ClassedError("validation", "not-yet", `fails in life ${this.life}`);
    if (effect !== undefined) this.made.push(effect);
  }
}
