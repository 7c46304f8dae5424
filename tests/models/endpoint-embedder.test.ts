/** Owns what an endpoint's embedder does on the wire: shapes, connections, cuts. */
import { inspect } from "node:util";
import type { ModelFault } from "@millrace/testkit/model-server";
import { describe, expect, test } from "vitest";
import { scene, signal, texts } from "./embedder-scene.ts";

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
