/** Registers batch rules: each a vitest test with a store and processes of its own. */
import { it } from "vitest";
import type { TestHome } from "../test-store.ts";
import { BatchScene } from "./batch-scene.ts";

/** Registers a rule: its name says it, its body proves it. */
export type BatchRule = (name: string, body: (scene: BatchScene) => Promise<void>) => void;

/** Rules of a home. */
export function batchRulesOn(home: TestHome): BatchRule {
  return (name, body) => {
    it(name, () => onScene(home, body));
  };
}

/** Plays on a fresh store. */
export async function onScene<T>(home: TestHome, body: (scene: BatchScene) => Promise<T>): Promise<T> {
  const test = await home.create();
  const scene = new BatchScene(test);
  try {
    return await body(scene);
  } finally {
    await scene.end();
    await test.dispose();
  }
}
