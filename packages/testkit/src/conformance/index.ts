/** The conformance suite: what the words of the store port mean, on any home. */
import { afterAll, beforeAll, describe } from "vitest";
import type { TestHome } from "../test-store.ts";
import { claimRules } from "./claim.ts";
import { enqueueRules } from "./enqueue.ts";
import { extendRules } from "./extend.ts";
import { saveRules } from "./save.ts";

const VERBS: readonly ((home: TestHome) => void)[] = [enqueueRules, claimRules, extendRules, saveRules];

/** Registers every rule for a home, with vitest. */
export function conformance(home: TestHome): void {
  describe(`store conformance: ${home.name}`, () => {
    beforeAll(() => home.start());
    afterAll(() => home.stop());
    for (const rules of VERBS) rules(home);
  });
}
