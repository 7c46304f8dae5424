/** Owns what an endpoint's embedder does about limits, the endpoint's and its own. */
import { tooManyRequests } from "@millrace/testkit/model-server";
import { describe, expect, test } from "vitest";
import { scene, signal, texts } from "./embedder-scene.ts";

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
