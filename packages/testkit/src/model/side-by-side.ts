/** A store and the model, given the same calls; the first difference ends the comparison. */
import type { CancelSignal, ClaimedJob, JobId, NewJob, OperationTurn, Token } from "@millrace/core";
import type { TestStore } from "../test-store.ts";
import { type Call, withTokens } from "./call.ts";
import { differences } from "./difference.ts";
import { dumpModel, dumpStore, type Part, partsOf, WHOLE } from "./dump.ts";
import { enqueue } from "./enqueue.ts";
import { Mismatch } from "./mismatch.ts";
import { perform } from "./perform.ts";
import { answerOf } from "./reference-model.ts";
import { emptyState, type ModelState } from "./state.ts";

/** A first job, of a queue nobody claims from: its row shows where the store's clock stands. */
const PROBE: NewJob = {
  id: "00000000-0000-7000-8000-000000000000" as JobId, // an id in the right shape, below all others
  queue: "probe",
  name: "probe",
  tenant: "",
  priority: "bulk",
  delayMs: 0,
  maxRescues: 0,
  envelope: "0null",
};

/** One comparison, from an empty store on. */
export class SideBySide {
  readonly #test: TestStore;
  readonly #calls: Call[] = [];
  /** The store's token for each of the model's. */
  readonly #tokens = new Map<Token, Token>();
  #newest = -1n;
  #state: ModelState;

  private constructor(test: TestStore, state: ModelState) {
    this.#test = test;
    this.#state = state;
  }

  /** Begins with a store nobody has written to. */
  static async begin(test: TestStore): Promise<SideBySide> {
    await test.store.enqueue([PROBE]);
    const probe = (await test.store.find({}, { limit: 1 })).rows[0];
    if (probe === undefined) throw new Mismatch("the first job is not found", { calls: [] });
    return new SideBySide(test, enqueue(emptyState(probe.createdAtMs), [PROBE], false).state);
  }

  /** Where the model is. */
  get state(): ModelState {
    return this.#state;
  }

  /** Gives both the call and compares their answers, then what they show. @throws Mismatch */
  async step(call: Call): Promise<unknown> {
    this.#calls.push(call);
    const expected = answerOf(this.#state, call);
    const answer = await this.#askStore(call);
    this.#state = expected.state;
    if (call.verb === "claim") this.#learnTokens(expected.answer, answer);
    this.#compare(
      comparable(call, this.#inStoreTokens(call, expected.answer)),
      comparable(call, answer),
      "answer",
    );
    await this.#compareDumps(partsOf(call));
    return expected.answer;
  }

  /** Compares all there is, also what no call should have changed. @throws Mismatch */
  end(): Promise<void> {
    return this.#compareDumps(WHOLE);
  }

  async #compareDumps(parts: readonly Part[]): Promise<void> {
    const dump = await this.#attempt(() => dumpStore(this.#test.store, this.#state, parts));
    this.#compare(dumpModel(this.#state, parts), dump, "dump");
  }

  #askStore(call: Call): Promise<unknown> {
    const real = withTokens(call, (held) => ({ ...held, token: this.#tokens.get(held.token) ?? held.token }));
    return this.#attempt(() => perform(this.#test, real));
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw new Mismatch(`the store threw ${String(cause)}`, { calls: this.#calls, cause });
    }
  }

  /** Every token of a claim must be larger than any before it; in which order they went out is left open. */
  #learnTokens(expected: unknown, answer: unknown): void {
    const given = new Map((answer as readonly ClaimedJob[]).map((job) => [job.id, job.token])); // what claim answers
    const numbers = [...given.values()].map((token) => this.#numberOf(token));
    if (new Set(numbers).size < numbers.length || numbers.some((number) => number <= this.#newest)) {
      throw this.#mismatch(`tokens ${numbers.join(", ")} are not all new; last was ${this.#newest}`);
    }
    for (const number of numbers) if (number > this.#newest) this.#newest = number;
    for (const job of expected as readonly ClaimedJob[]) {
      const token = given.get(job.id);
      if (token !== undefined) this.#tokens.set(job.token, token);
    }
  }

  /** What the model says, with the store's tokens where it speaks of any but new ones. */
  #inStoreTokens(call: Call, expected: unknown): unknown {
    if (call.verb !== "cancels") return expected;
    const signals = expected as readonly CancelSignal[]; // what cancels answers
    return signals.map((signal) => ({ ...signal, token: this.#tokens.get(signal.token) }));
  }

  #numberOf(token: Token): bigint {
    if (typeof token === "string" && /^\d+$/.test(token)) return BigInt(token);
    throw this.#mismatch(`token ${JSON.stringify(token)} is not a decimal number`);
  }

  #compare(model: unknown, store: unknown, place: string): void {
    const found = differences(model, store, place);
    if (found.length > 0) throw this.#mismatch(found.join("\n  "));
  }

  #mismatch(found: string): Mismatch {
    return new Mismatch(found, { calls: this.#calls });
  }
}

/** The answer without what is the store's own: new token values, the order of signals, how far a page has looked. */
function comparable(call: Call, answer: unknown): unknown {
  if (call.verb === "cancels") {
    const signals = [...(answer as readonly CancelSignal[])]; // what cancels answers
    return signals.sort((left, right) => (left.job < right.job ? -1 : 1));
  }
  if (call.verb === "takeOperation" && answer !== undefined) {
    const { reached: _, ...turn } = answer as OperationTurn; // what it answers
    return turn;
  }
  if (call.verb !== "claim") return answer;
  return (answer as readonly ClaimedJob[]).map(({ token: _, ...job }) => job); // what claim answers
}
