/** Registers rules: each a vitest test on a store of its own. */
import type { Capabilities } from "@millrace/core";
import { it } from "vitest";
import type { TestHome } from "../test-store.ts";
import { Scene } from "./scene.ts";

/** Which stores a rule is for, by what they say they can. */
export interface Need {
  readonly what: string;
  readonly has: (capabilities: Capabilities) => boolean;
}

/** Registers a rule: its name says it, its body proves it. */
export type Rule = (name: string, body: (scene: Scene) => Promise<void>, need?: Need) => void;

/** Rules of a home. */
export function rulesOn(home: TestHome): Rule {
  return (name, body, need) => {
    it(name, async (context) => {
      const test = await home.create();
      try {
        if (need && !need.has(test.store.capabilities)) context.skip(`not for ${home.name}: ${need.what}`);
        await body(new Scene(test));
      } finally {
        await test.dispose();
      }
    });
  };
}

export const TRANSACTIONS: Need = {
  what: "for stores with transactions",
  has: (capabilities) => capabilities.transactions !== undefined,
};

export const NO_TRANSACTIONS: Need = {
  what: "for stores without transactions",
  has: (capabilities) => capabilities.transactions === undefined,
};

export const MULTI_PROCESS: Need = {
  what: "for stores of many processes, each with a connection of its own",
  has: (capabilities) => capabilities.multiProcess,
};

export const SINGLE_PROCESS: Need = {
  what: "for stores of one process",
  has: (capabilities) => !capabilities.multiProcess,
};

export const SIGNALS: Need = {
  what: "for stores that signal between processes",
  has: (capabilities) => capabilities.signals !== undefined,
};
