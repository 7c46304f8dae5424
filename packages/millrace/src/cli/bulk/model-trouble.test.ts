/** Owns when a model's trouble is told, and when it ends the command. */
import { ClassedError, type MillraceError } from "@millrace/core";
import { VirtualTime } from "@millrace/core/testing";
import type { EmbedResult, ItemEmbedder } from "@millrace/rag";
import { expect, test } from "vitest";
import { toldTrouble } from "./model-trouble.ts";

const ABSENT = failed("connection", "no-endpoint", "nothing listens at model m");
const CUT = failed("connection", "model-connection", "the connection to model m failed");
const VECTOR: EmbedResult = { kind: "vector", vector: new Float32Array([1]) };
const { signal } = new AbortController();

function failed(errorClass: ClassedError["errorClass"], reason: string, message: string): EmbedResult {
  return { kind: "failed", error: new ClassedError(errorClass, reason, message) };
}

function held(reason: string): EmbedResult {
  return { kind: "held", key: "model:m", ms: 5_000, reason };
}

/** A model whose results are these, one a call. */
function scene(...results: readonly EmbedResult[]) {
  const timing = new VirtualTime();
  const said: string[] = [];
  const ended: MillraceError[] = [];
  const coming = [...results];
  const model: ItemEmbedder = {
    ...{ model: "m", dimensions: 1, collection: "c", inputsPerRequest: 1, concurrency: 1 },
    embedEach: async () => coming.splice(0, 1),
  };
  const told = toldTrouble(model, {
    terminal: { say: (_level, text) => said.push(text) },
    onNone: (error) => ended.push(error),
    timing,
  });
  const ask = async (): Promise<void> => {
    await told.embedEach(["text"], { signal });
  };
  return { timing, said, ended, ask };
}

test("an endpoint that has never answered ends the command 15 s after its first failure, once", async () => {
  const { timing, said, ended, ask } = scene(ABSENT, held("circuit-open"), ABSENT);
  await ask();
  expect(said).toEqual([expect.stringContaining("this command ends after 15 s without an answer")]);
  await timing.advance(14_000);
  await ask();
  await ask();
  expect(ended).toEqual([]);
  await timing.advance(1_000);
  await timing.advance(60_000);
  expect(ended).toMatchObject([
    { code: "model-unreachable", message: expect.stringContaining("nothing listens at model m, for 15 s") },
  ]);
  expect(said).toHaveLength(1);
});

test.each([
  ["a vector", VECTOR],
  ["a refusal", failed("validation", "refused", "no")],
  ["an error of its own", failed("connection", "model-error", "answered 500")],
  ["a limit", held("rate-limited")],
])(
  "one that answered, with %s, is waited for as retries say, before its failure and after",
  async (_what, answer) => {
    for (const results of [
      [answer, ABSENT],
      [ABSENT, answer],
    ]) {
      const { timing, ended, ask } = scene(...results);
      await ask();
      await ask();
      await timing.advance(60_000);
      expect(ended).toEqual([]);
    }
  },
);

test("a connection that broke is waited for; trouble is said once until something was embedded", async () => {
  const { timing, said, ended, ask } = scene(CUT, CUT, VECTOR, CUT);
  for (let call = 0; call < 4; call += 1) await ask();
  await timing.advance(60_000);
  expect(ended).toEqual([]);
  expect(said).toEqual(
    Array(2).fill("the connection to model m failed: its items are tried again, 5 times in all"),
  );
});
