/** What a mutant is: a store that breaks one rule, to prove that the check can fail. */
import type { TestStore } from "../test-store.ts";

/** A store that breaks one rule. */
export interface Mutant {
  /** The rule as broken. */
  readonly name: string;
  /** Whose sequences tell soon, for a rule which few of them meet; any seed will do in the end. */
  readonly seed?: number | undefined;
  /** The kept sequence that tells, for a rule which random sequences seldom meet; left out for any other. */
  readonly fixture?: string | undefined;
  create(): Promise<TestStore>;
}
