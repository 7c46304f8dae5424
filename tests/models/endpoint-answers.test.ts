/** Owns what becomes of answers that are wrong, and of texts that are refused. */
import type { ModelFault } from "@millrace/testkit/model-server";
import { describe, expect, test } from "vitest";
import { scene, signal, texts, times } from "./embedder-scene.ts";

describe("answers that are wrong", () => {
  test.each<[ModelFault, string, string]>([
    [{ kind: "unparseable" }, "processing", "model-answer"],
    [{ kind: "truncated" }, "processing", "model-answer"],
    [{ kind: "count", by: 1 }, "processing", "embedding-count"],
    [{ kind: "count", by: -1 }, "processing", "embedding-count"],
    [{ kind: "missing-index" }, "processing", "embedding-order"],
    [{ kind: "duplicate-index" }, "processing", "embedding-order"],
    [{ kind: "drop", when: "before" }, "connection", "model-connection"],
    [{ kind: "drop", when: "within" }, "connection", "model-connection"],
    [{ kind: "status", status: 500 }, "connection", "model-error"],
    [{ kind: "status", status: 503 }, "connection", "model-error"],
    [{ kind: "status", status: 408 }, "timeout", "model-timeout"],
  ])("%j is asked again, three times in all", async (fault, errorClass, reason) => {
    const { server, embedder } = await scene();
    server.next(fault, fault);
    await expect(embedder.embed(["a", "b"], { signal })).resolves.toHaveLength(2);
    expect(server.requestCount).toBe(3);
    server.next(...times(3, fault));
    await expect(embedder.embed(["a", "b"], { signal })).rejects.toMatchObject({ errorClass, reason });
    expect(server.requestCount).toBe(6);
  });

  test.each<[number, string, string]>([
    [401, "permission", "not-allowed"],
    [403, "permission", "not-allowed"],
    [404, "not-found", "no-model"],
    [418, "processing", "model-answer"],
    [302, "processing", "model-answer"],
  ])("status %i is final at once", async (status, errorClass, reason) => {
    const { server, embedder } = await scene();
    server.next({ kind: "status", status });
    await expect(embedder.embed(texts(4), { signal })).rejects.toMatchObject({ errorClass, reason });
    expect(server.requestCount).toBe(1);
  });

  test.each<[string, ModelFault, string]>([
    [
      "an error",
      { kind: "status", status: 200, message: "the model is loading" },
      "embeddings: the model is loading",
    ],
    [
      "a page",
      { kind: "status", status: 200, headers: { "content-type": "text/html" }, message: "" },
      "embeddings, but text/html",
    ],
    [
      "compressed bytes",
      { kind: "status", status: 200, headers: { "content-encoding": "gzip" }, message: "" },
      "compressed (gzip)",
    ],
    [
      "a redirect",
      {
        kind: "status",
        status: 307,
        headers: { location: "https://new.example/v1?key=secret" },
        message: "",
      },
      "moved to https://new.example/v1; set that as its url",
    ],
  ])("an answer that is %s says so", async (_name, fault, message) => {
    const { server, embedder } = await scene();
    server.always(fault);
    await expect(embedder.embed(["a"], { signal })).rejects.toMatchObject({
      reason: "model-answer",
      message: expect.stringContaining(message),
    });
  });

  test("an account without quota is no limit to wait for", async () => {
    const { server, embedder, holds } = await scene();
    server.next({ kind: "status", status: 429, message: "insufficient_quota: see your plan" });
    await expect(embedder.embed(["a"], { signal })).rejects.toMatchObject({
      errorClass: "permission",
      reason: "quota",
    });
    expect(await holds.left("model:m")).toBeUndefined();
  });

  test("vectors of another length are refused, with what to do", async () => {
    const { server, embedder } = await scene();
    server.next({ kind: "dimension", by: 2 });
    await expect(embedder.embed(["a"], { signal })).rejects.toMatchObject({
      errorClass: "validation",
      reason: "embedding-dimensions",
      message: expect.stringContaining("10 dimensions where 8 are configured"),
    });
    expect(server.requestCount).toBe(1);
  });

  test.each(["float", "base64"] as const)(
    "a component that is no number fails its own text (%s)",
    async (encoding) => {
      const { server, embedder } = await scene({}, { encoding });
      server.next({ kind: "not-a-number" });
      const [bad, good] = await embedder.embedEach(["a", "b"], { signal });
      expect(bad).toMatchObject({
        kind: "failed",
        error: { errorClass: "processing", reason: "embedding-value" },
      });
      expect(good).toEqual({ kind: "vector", vector: server.vectorOf("b") });
    },
  );

  test("no whole answer within the time-out is one, and the server sees the connection cut", async () => {
    const { server, embedder } = await scene({ timeout: "150ms" });
    server.next({ kind: "silent" });
    // On a slow machine the time may be up before the request is out.
    while (server.requestCount === 0) {
      await expect(embedder.embed(["a"], { signal })).rejects.toMatchObject({
        errorClass: "timeout",
        reason: "model-timeout",
      });
    }
    await server.until(() => server.aborts === 1);
    expect(server.requestCount).toBe(1);
  });

  test("an endpoint that is not there is a connection error", async () => {
    const { server, embedder } = await scene();
    await server.stop();
    await expect(embedder.embed(["a"], { signal })).rejects.toMatchObject({
      errorClass: "connection",
      reason: "no-endpoint",
      message: expect.stringContaining("(ECONNREFUSED: nothing listens there)"),
    });
  });
});

describe("refused texts", () => {
  test.each([1, 2, 5])("%i bad texts of 64 fail alone, found by halving", async (bad) => {
    const { server, embedder } = await scene({}, { poison: "BAD" });
    const given = texts(64).map((text, index) =>
      index % 13 === 0 && index / 13 < bad ? `BAD ${text}` : text,
    );
    const results = await embedder.embedEach(given, { signal });
    for (const [index, result] of results.entries()) {
      if (given[index]?.startsWith("BAD")) {
        expect(result).toMatchObject({
          kind: "failed",
          error: { errorClass: "validation", reason: "refused" },
        });
      } else expect(result).toEqual({ kind: "vector", vector: server.vectorOf(given[index] ?? "") });
    }
    expect(server.requestCount).toBeLessThanOrEqual(2 + 2 * bad * 6);
  });

  test("too many inputs or tokens for the endpoint are halved until they fit", async () => {
    for (const limits of [{ maxInputs: 10 }, { maxTokens: 20 }]) {
      const { server, embedder } = await scene({}, limits);
      const given = texts(50);
      expect(await embedder.embed(given, { signal })).toEqual(given.map((text) => server.vectorOf(text)));
    }
  });

  test("a text that is alone too large for the endpoint fails as too-large", async () => {
    const { embedder } = await scene({}, { maxTokens: 20 });
    const results = await embedder.embedEach(["a", "long ".repeat(30), "b"], { signal });
    expect(results.map(({ kind }) => kind)).toEqual(["vector", "failed", "vector"]);
    expect(results[1]).toMatchObject({ error: { errorClass: "validation", reason: "too-large" } });
  });

  test("a text above maxTokensPerInput is not sent, nor cut off", async () => {
    const { server, embedder } = await scene({ maxTokensPerInput: 5 });
    const results = await embedder.embedEach(["short", "one two three four five six"], { signal });
    expect(results[1]).toMatchObject({
      kind: "failed",
      error: { errorClass: "validation", reason: "too-large" },
    });
    expect(server.requests.flatMap(({ question }) => question?.texts)).toEqual(["short"]);
  });

  test("an endpoint that refuses everything is found out in a few requests", async () => {
    const { server, embedder } = await scene();
    server.always({ kind: "status", status: 400, message: "unknown field encoding_format" });
    const results = await embedder.embedEach(texts(64), { signal });
    expect(results).toHaveLength(64);
    for (const result of results)
      expect(result).toMatchObject({ kind: "failed", error: { reason: "request-refused" } });
    expect(server.requestCount).toBe(8); // 64, 32, 16, 8, 4, 2, 1 and a plain text
  });
});
