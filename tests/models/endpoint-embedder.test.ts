/** Owns what an endpoint's embedder does on the wire: right answers, wrong ones, refusals, limits, cuts. */
import { inspect } from "node:util";
import { EndpointEmbedder, type EndpointOptions, memoryHolds } from "@millrace/rag";
import {
  type ModelFault,
  ModelServer,
  type ModelServerOptions,
  tooManyRequests,
} from "@millrace/testkit/model-server";
import { afterEach, describe, expect, test } from "vitest";

const { signal } = new AbortController();
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Scene {
  readonly server: ModelServer;
  readonly embedder: EndpointEmbedder;
  readonly holds: ReturnType<typeof memoryHolds>;
}

async function scene(
  options: Partial<EndpointOptions> & { readonly path?: string } = {},
  serverOptions: ModelServerOptions = {},
): Promise<Scene> {
  const { path = "/v1", ...rest } = options;
  const server = await ModelServer.start(serverOptions);
  const holds = memoryHolds();
  const given = { url: `${server.origin}${path}`, dimensions: server.dimensions, ...rest };
  const embedder = new EndpointEmbedder("m", given, { holds });
  closing.push(
    () => server.stop(),
    () => embedder.close(),
  );
  return { server, embedder, holds };
}

const texts = (count: number): string[] => Array.from({ length: count }, (_, index) => `text ${index}`);
const times = (count: number, fault: ModelFault): ModelFault[] => Array.from({ length: count }, () => fault);

describe("the three shapes", () => {
  test.each(["/v1", "/v1/embeddings", "/embed", "/api/embed"])(
    "%s: each text has its own vector, in order",
    async (path) => {
      const { server, embedder } = await scene({ path, maxInputs: 4 });
      const given = texts(11);
      expect(await embedder.embed(given, { signal })).toEqual(given.map((text) => server.vectorOf(text)));
      expect(server.requests.map(({ question }) => question?.texts.length).sort()).toEqual([3, 4, 4]);
    },
  );

  test.each(["float", "base64"] as const)("an answer in %s is read by what it is", async (encoding) => {
    const { server, embedder } = await scene({}, { encoding });
    expect(await embedder.embed(["a"], { signal })).toEqual([server.vectorOf("a")]);
    expect(server.requests[0]?.question).toMatchObject({ wantsBase64: true, model: "m" });
  });

  test("the key is sent as a bearer token", async () => {
    const { server, embedder } = await scene({ apiKey: "sk-1" });
    await embedder.embed(["a"], { signal });
    expect(server.requests[0]?.authorization).toBe("Bearer sk-1");
  });

  test("entries in another order are put in order by their index", async () => {
    const { server, embedder } = await scene();
    server.next({ kind: "shuffled" });
    const given = texts(5);
    expect(await embedder.embed(given, { signal })).toEqual(given.map((text) => server.vectorOf(text)));
    expect(server.requestCount).toBe(1);
  });
});

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
    await expect(embedder.embed(["a"], { signal })).rejects.toMatchObject({
      errorClass: "timeout",
      reason: "model-timeout",
    });
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

describe("limits", () => {
  test.each<[string, Record<string, string>, number]>([
    ["seconds", { "retry-after": "30" }, 30_000],
    ["a date", { "retry-after": new Date(Date.now() + 30_000).toUTCString() }, 30_000],
    ["milliseconds", { "retry-after-ms": "30000" }, 30_000],
    ["a window", { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "30s" }, 30_000],
  ])("a 429 with %s holds the model for everybody and is no failure", async (_name, headers, ms) => {
    const { server, embedder, holds } = await scene();
    server.next(tooManyRequests(headers));
    const [result] = await embedder.embedEach(["a"], { signal });
    expect(result).toMatchObject({ kind: "held", key: "model:m", reason: "rate-limited" });
    const left = await holds.left("model:m");
    expect(left?.reason).toBe("rate-limited");
    expect(left?.ms).toBeGreaterThan(ms - 15_000);
    expect(left?.ms).toBeLessThanOrEqual(ms + 2_000);
    expect(await embedder.embedEach(["b"], { signal })).toMatchObject([{ kind: "held" }]);
    expect(server.requestCount).toBe(1);
  });

  test("a 503 that says when to come back is such a limit", async () => {
    const { server, embedder } = await scene();
    server.next({ kind: "status", status: 503, headers: { "retry-after": "20" } });
    expect(await embedder.embedEach(["a"], { signal })).toMatchObject([{ kind: "held", ms: 20_000 }]);
  });

  test("a short wait is waited for", async () => {
    const { server, embedder } = await scene();
    server.next(tooManyRequests({ "retry-after-ms": "60" }));
    await expect(embedder.embed(["a"], { signal })).resolves.toHaveLength(1);
    expect(server.requestCount).toBe(2);
  });

  test.each<[string, Record<string, string>]>([
    ["no seconds", { "retry-after": "0" }],
    ["a date that has passed", { "retry-after": new Date(Date.now() - 60_000).toUTCString() }],
  ])("a 429 with %s is believed once: the next one in a row holds for a second", async (_name, headers) => {
    const { server, embedder, holds } = await scene();
    server.next(tooManyRequests(headers));
    await expect(embedder.embed(["a"], { signal })).resolves.toHaveLength(1);
    server.always(tooManyRequests(headers));
    const [result] = await embedder.embedEach(["b"], { signal });
    expect(result).toMatchObject({ kind: "held", ms: 1_000 });
    expect((await holds.left("model:m"))?.ms).toBeGreaterThan(500);
    expect(server.requestCount).toBeLessThanOrEqual(5);
  });

  test("a 429 that says nothing holds for longer with each time in a row", async () => {
    const { server, embedder, holds } = await scene();
    server.always(tooManyRequests({}));
    const [result] = await embedder.embedEach(["a"], { signal });
    expect(result).toMatchObject({ kind: "held", reason: "rate-limited" });
    expect((await holds.left("model:m"))?.ms).toBeGreaterThan(1_000);
  });

  test("a window used up by a good answer holds the model, too", async () => {
    const { embedder, holds } = await scene({}, { rate: { requests: 1, windowMs: 40_000 } });
    await expect(embedder.embed(["a"], { signal })).resolves.toHaveLength(1);
    expect(await holds.left("model:m")).toMatchObject({ reason: "window-exhausted" });
    await expect(embedder.embed(["b"], { signal })).rejects.toMatchObject({
      name: "PutOffError",
      errorClass: "rate-limited",
      note: { limit: "model:m", reason: "window-exhausted" },
    });
  });

  test("texts of requests that were answered before the limit keep their vectors", async () => {
    const { server, embedder } = await scene({ maxInputs: 2, concurrency: 1 });
    server.next(undefined, tooManyRequests({ "retry-after": "30" }));
    const results = await embedder.embedEach(texts(6), { signal });
    expect(results.map(({ kind }) => kind)).toEqual(["vector", "vector", "held", "held", "held", "held"]);
    expect(server.requestCount).toBe(2);
  });

  test("rates of our own keep the endpoint from having to refuse", async () => {
    const { server, embedder } = await scene({ maxInputs: 1, rates: ["5/min"] });
    const results = await embedder.embedEach(texts(8), { signal });
    expect(results.filter(({ kind }) => kind === "vector")).toHaveLength(5);
    expect(results.filter((result) => result.kind === "held" && result.reason === "rate")).toHaveLength(3);
    expect(server.requestCount).toBe(5);
  });

  test("an endpoint that fails five times in a row is left alone", async () => {
    const { server, embedder } = await scene();
    server.always({ kind: "status", status: 500 });
    await embedder.embedEach(["a"], { signal });
    await embedder.embedEach(["a"], { signal });
    const asked = server.requestCount;
    expect(asked).toBe(5);
    expect(await embedder.embedEach(["a"], { signal })).toMatchObject([
      { kind: "held", reason: "circuit-open" },
    ]);
    expect(server.requestCount).toBe(asked);
  });
});

describe("the wire", () => {
  test("requests share as many keep-alive connections as may be in flight", async () => {
    const { server, embedder } = await scene({ maxInputs: 1, concurrency: 3 }, { delayMs: 2 });
    for (let call = 0; call < 4; call++) await embedder.embed(texts(20), { signal });
    expect(server.requestCount).toBe(80);
    expect(server.mostInFlight).toBe(3);
    expect(server.connections).toBeLessThanOrEqual(3);
  });

  test("an abort rejects with its reason and cuts the requests under way at the server", async () => {
    const { server, embedder } = await scene({ maxInputs: 1, concurrency: 4 });
    server.always({ kind: "silent" });
    const abort = new AbortController();
    const result = embedder.embedEach(texts(10), { signal: abort.signal });
    await server.until(() => server.inFlight === 4);
    const reason = new Error("stop");
    abort.abort(reason);
    await expect(result).rejects.toBe(reason);
    await server.until(() => server.aborts === 4 && server.inFlight === 0);
    expect(server.requestCount).toBe(4);
  });

  test("closing cuts every connection, and nothing is embedded afterwards", async () => {
    const { server, embedder } = await scene();
    await embedder.embed(["a"], { signal });
    await embedder.close();
    await embedder.close();
    await server.until(() => server.openConnections === 0);
    await expect(embedder.embed(["a"], { signal })).rejects.toMatchObject({ code: "bad-usage" });
  });

  test("neither key nor text is in any error, whatever the endpoint echoes", async () => {
    const key = "sk-canary-4711";
    const text = "canary text of a customer";
    const faults: ModelFault[] = [
      ...[400, 401, 403, 404, 413, 418, 422, 500].map((status) => ({
        kind: "status" as const,
        status,
        message: `wrong key ${key} for input ${text}`,
      })),
      { kind: "unparseable" },
      { kind: "drop", when: "within" },
    ];
    for (const fault of faults) {
      const { server, embedder } = await scene({ apiKey: key });
      server.always(fault);
      const [result] = await embedder.embedEach([text], { signal });
      expect(result?.kind).toBe("failed");
      const shown = inspect(result, { depth: 10, showHidden: true });
      expect(shown).not.toContain("canary");
    }
  });
});
