/** That the first thread lends what it compiled, and later ones run what they are lent. */
import { expect, test, vi } from "vitest";
import { knownCode } from "./engine-code.ts";
import { createPgliteClient } from "./pglite-client.ts";

/** A module with nothing in it: who starts with it cannot answer. */
const EMPTY = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
const lending = vi.hoisted(() => ({ code: undefined as WebAssembly.Module | undefined }));

vi.mock("./engine-code.ts", async (original) => {
  const real = await original<typeof import("./engine-code.ts")>();
  return { ...real, knownCode: () => lending.code ?? real.knownCode() };
});

test("a thread starts with the code it is lent, else with its own, which it lends", async () => {
  lending.code = await WebAssembly.compile(EMPTY);
  const lent = createPgliteClient({ directory: "", inMemory: true });
  await expect(lent.open()).rejects.toThrow();
  lending.code = undefined;
  expect(knownCode()).toBeUndefined();
  const client = createPgliteClient({ directory: "", inMemory: true });
  await client.open();
  expect(await client.query("select 1 as n")).toEqual([{ n: 1 }]);
  expect(String(knownCode())).toBe("[object WebAssembly.Module]");
  await client.close();
});
