/** That the first thread lends what it compiled, and later ones run what they are lent. */
import { expect, test } from "vitest";
import { CodeLoan } from "./engine-code.ts";
import { storeClosed } from "./engine-errors.ts";
import { EngineThread } from "./engine-thread.ts";

/** A module with nothing in it: who starts with it cannot answer. */
const EMPTY = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
const TIMES = { callTimeoutMs: 100_000, openTimeoutMs: 100_000 };

function startThread(loan: CodeLoan): EngineThread {
  return new EngineThread({ durability: "process", where: "memory", loan, ...TIMES });
}

test("a thread starts with the code it is lent, else with its own, which it lends", async () => {
  const empty = new CodeLoan();
  empty.keep(await WebAssembly.compile(EMPTY));
  await expect(startThread(empty).opened).rejects.toThrow();
  const loan = new CodeLoan();
  const thread = startThread(loan);
  await thread.opened;
  const { rows } = await thread.send({ kind: "query", text: "select 1 as n", values: [] });
  expect(rows).toEqual([[1]]);
  expect(String(loan.code)).toBe("[object WebAssembly.Module]");
  await thread.close(storeClosed("memory"));
});
