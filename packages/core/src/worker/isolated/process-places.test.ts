import { expect, test } from "vitest";
import { type Handler, Registry } from "../../job/registry.ts";
import { ProcessPlaces } from "./process-places.ts";

const isolation = { module: "file:///jobs.mjs", memoryMb: 96, maxJobs: 1, env: {} };

function places(limit: number, names: Readonly<Record<string, "inline" | "isolated" | "not ready">>) {
  const registry = new Registry();
  for (const [name, kind] of Object.entries(names)) {
    const handler: Handler = { name, queue: "default", run: () => undefined };
    registry.add(kind === "inline" ? handler : { ...handler, isolation });
  }
  return new ProcessPlaces({ registry, limit, isReady: (name) => names[name] === "isolated" });
}

test("where nothing is isolated, all is asked for, without a bound", () => {
  const { names, most } = places(2, { a: "inline", b: "inline" }).ask(0);
  expect({ names, most }).toEqual({ names: ["a", "b"], most: Number.POSITIVE_INFINITY });
});

test("isolated jobs are asked for once their module is known to have them", () => {
  expect(places(2, { a: "inline", b: "isolated", c: "not ready" }).ask(0)).toEqual({
    names: ["a", "b"],
    most: 2,
  });
});

test("no more are asked for than there are places that neither run nor wait", () => {
  const two = places(3, { b: "isolated" });
  two.take();
  two.wait(1);
  expect(two.ask(0)).toEqual({ names: ["b"], most: 1 });
  two.wait(1);
  expect(two.ask(0).names).toEqual([]);
  two.release();
  expect(two.ask(0).most).toBe(1);
});

test("a full claim without isolated jobs has the inline ones asked for alone, for a while", () => {
  const mixed = places(2, { a: "inline", b: "isolated" });
  expect(mixed.ask(1_000).most).toBe(2);
  mixed.full(["a", "a"]);
  expect(mixed.ask(1_249)).toEqual({ names: ["a"], most: Number.POSITIVE_INFINITY });
  expect(mixed.ask(1_250)).toEqual({ names: ["a", "b"], most: 2 });
  mixed.full(["a", "b"]);
  expect(mixed.ask(1_251).most).toBe(2);
});
