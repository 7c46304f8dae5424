/** What is told of an endpoint that answers with a status. */
import { expect, test } from "vitest";
import { verdictOf } from "./verdict.ts";
import { wireShape } from "./wire-shape.ts";

function told(status: number, text: string): unknown {
  const asked = {
    ...{ model: "bge-m3", apiKey: "sk-1234567890", texts: ["a long text of ours"], dimensions: 3, nowMs: 0 },
    shape: wireShape(new URL("http://127.0.0.1:11434/api/embed")),
  };
  return verdictOf({ kind: "answer", status, headers: {}, text, ms: 1 }, asked);
}

test("what an endpoint says of a model it does not have is quoted", () => {
  const text = JSON.stringify({ error: 'model "bge-m3" not found, try pulling it first' });
  expect(told(404, text)).toMatchObject({
    kind: "failed",
    error: {
      reason: "no-model",
      message:
        "model bge-m3 (http://127.0.0.1:11434/api/embed) answered 404: " +
        'model "bge-m3" not found, try pulling it first; check its url, and whether the model is there',
    },
  });
});

test("what a 401 says is not quoted, for it may hold a part of the key", () => {
  const text = JSON.stringify({ error: { message: "Incorrect API key provided: sk-12***90" } });
  expect(told(401, text)).toMatchObject({
    error: { message: expect.stringMatching(/answered 401; check its API key$/) },
  });
});

test("an echo of the text or the key is left out", () => {
  for (const echo of ["a long text of ours", "sk-1234567890"]) {
    expect(told(403, JSON.stringify({ error: `no: ${echo}` }))).toMatchObject({
      error: { message: expect.stringMatching(/answered 403; check what its API key may do$/) },
    });
  }
});
