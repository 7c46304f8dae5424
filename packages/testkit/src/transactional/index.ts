/** What transactions of handlers and programs promise, on any home. */
import { afterAll, beforeAll, describe, it } from "vitest";
import type { TestHome } from "../test-store.ts";
import { committedRules, rolledBackRules, type TransactionalRule } from "./handlers.ts";
import { absentRules, exclusiveRules, programRules } from "./programs.ts";
import { reportRules } from "./reports.ts";
import { severalProcessRules } from "./several-processes.ts";
import { onScene } from "./transactional-scene.ts";

/** Which rules a home is held to; the store says the same of itself in its capabilities. */
export interface TransactionalHome {
  readonly hasTransactions: boolean;
  readonly multiProcess: boolean;
}

/** Registers every rule for a home, with vitest. */
export function transactionalRules(
  home: TestHome,
  { hasTransactions, multiProcess }: TransactionalHome,
): void {
  const rule: TransactionalRule = (name, body) => void it(name, () => onScene(home, body));
  describe(`transactional work: ${home.name}`, () => {
    beforeAll(() => home.start());
    afterAll(() => home.stop());
    if (!hasTransactions) describe("where there are none", () => absentRules(rule));
    else {
      describe("a handler that commits", () => committedRules(rule));
      describe("a handler that leaves nothing", () => rolledBackRules(rule));
      describe("reports and children", () => reportRules(rule));
      describe("a program", () => programRules(rule));
    }
    if (hasTransactions && !multiProcess) describe("one connection", () => exclusiveRules(rule));
    if (hasTransactions && multiProcess) describe("several processes", () => severalProcessRules(rule));
  });
}
