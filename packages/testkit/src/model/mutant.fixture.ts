/** What a mutant is: a store that breaks one rule, to prove that the check can fail. */
import type { TestStore } from "../test-store.ts";

/** A store that breaks one rule. */
export interface Mutant {
  /** The rule as broken. */
  readonly name: string;
  create(): Promise<TestStore>;
}
