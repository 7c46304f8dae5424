/** Files written by chunks whose attempts die, are refused or come late: exactly the outputs that count. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { type JobId, newId, type Token } from "../../model/ids.ts";
import { ndjsonWriter } from "./ndjson-writer.ts";
import { Writing, writtenFiles } from "./writing.fixture.ts";

const files = writtenFiles();
afterAll(() => files.remove());
const { newPath } = files;

/** What an attempt does to the items that are left: how many at a time, what fails, and how it ends. */
interface Attempt {
  readonly groups: readonly { readonly size: number; readonly end: "commit" | "refuse" | "die" }[];
  /** Positions that come to nothing in this attempt. */
  readonly failing: readonly number[];
  /** Its last write arrives only when the next attempt has begun. */
  readonly isZombie: boolean;
}

const SIZE = 8;
const attempts: fc.Arbitrary<Attempt[]> = fc.array(
  fc.record({
    groups: fc.array(
      fc.record({
        size: fc.integer({ min: 1, max: 4 }),
        end: fc.constantFrom("commit", "commit", "refuse", "die"),
      }),
      { maxLength: 5 },
    ),
    failing: fc.uniqueArray(fc.nat(SIZE - 1), { maxLength: 3 }),
    isZombie: fc.boolean(),
  }),
  { maxLength: 5 },
) as fc.Arbitrary<Attempt[]>;

/** A chunk with what is settled of it, and of that what has an output. */
class Chunk {
  readonly id: JobId = newId<JobId>();
  readonly done = new Map<number, string>();
  readonly #settled = new Set<number>();
  readonly #writing: Writing<string>;
  #late: (() => Promise<void>) | undefined;

  constructor(writing: Writing<string>) {
    this.#writing = writing;
  }

  get pending(): readonly number[] {
    return Array.from({ length: SIZE }, (_, at) => at).filter((at) => !this.#settled.has(at));
  }

  /** What every attempt begins with, and what is done where the chunk is given up. */
  async begin(): Promise<Token> {
    const fence = this.#writing.claim();
    await this.#writing.undo(this.id, fence, this.pending);
    await this.#late?.();
    this.#late = undefined;
    return fence;
  }

  async attempt(number: number, { groups, failing, isZombie }: Attempt): Promise<void> {
    const fence = await this.begin();
    const { pending } = this;
    let at = 0;
    for (const { size, end } of groups) {
      const group = pending.slice(at, at + size);
      at += size;
      const written = group.filter((position) => !failing.includes(position));
      const outputs = new Map(written.map((position) => [position, `${position} of ${number}`]));
      const write = async () => {
        if (outputs.size > 0) await this.#writing.write(this.id, fence, outputs);
      };
      if (end === "die" && isZombie) this.#late = write;
      else await write();
      if (end === "die") return;
      if (end === "refuse") await this.#writing.undo(this.id, fence, written);
      else this.#settle(group, outputs);
    }
  }

  #settle(group: readonly number[], outputs: ReadonlyMap<number, string>): void {
    for (const position of group) this.#settled.add(position);
    for (const [position, output] of outputs) this.done.set(position, output);
  }
}

test("exactly what was committed is in the file, whatever attempts died, were refused or came late", async () => {
  await fc.assert(
    fc.asyncProperty(attempts, async (plan) => {
      const path = newPath("ndjson");
      const writing = new Writing(ndjsonWriter<string>(path));
      const chunk = new Chunk(writing);
      for (const [number, attempt] of plan.entries()) await chunk.attempt(number, attempt);
      await chunk.begin();
      await writing.merge(chunk.done.size);
      const inOrder = [...chunk.done].sort(([left], [right]) => left - right);
      expect(readFileSync(path, "utf8")).toBe(
        inOrder.map(([, output]) => `${JSON.stringify(output)}\n`).join(""),
      );
    }),
    { numRuns: 60 },
  );
});
