import { describe, expect, test } from "vitest";
import { type EndpointOptions, endpointSettings } from "./endpoint-options.ts";

const URL_GIVEN = "http://127.0.0.1:11434/v1";

describe("options of a model endpoint", () => {
  test("have defaults for all but address and dimensions", () => {
    const settings = endpointSettings("m", { url: URL_GIVEN, dimensions: 768 });
    expect(settings).toMatchObject({
      maxInputs: 64,
      concurrency: 8,
      rates: [],
      collection: "m_embeddings",
      timeoutMs: 60_000,
    });
  });

  test.each([
    [{ url: "localhost:11434" }, 'models.m.url is "localhost:11434"; it takes an address such as'],
    [{ url: "file:///etc/passwd" }, "models.m.url is"],
    [{ dimensions: 0 }, "models.m.dimensions is 0; it takes 1 to 65536"],
    [{ dimensions: 1.5 }, "models.m.dimensions is 1.5"],
    [{ maxInputs: 0 }, "models.m.maxInputs is 0; it takes a whole number, 1 or more"],
    [{ concurrency: -1 }, "models.m.concurrency is -1"],
    [{ rates: ["often"] }, 'models.m.rates has "often"'],
    [{ timeout: 0 }, "models.m.timeout is 0"],
    [{ apiKey: "" }, "models.m.apiKey is empty, or has"],
    [{ maxinputs: 3 }, "models.m.maxinputs is no option of a model; it knows url, apiKey"],
  ])("%j is refused", (options, message) => {
    const given = { url: URL_GIVEN, dimensions: 8, ...options } as EndpointOptions; // also what the compiler refuses
    expect(() => endpointSettings("m", given)).toThrow(message);
  });

  test("a secret is never quoted", () => {
    const canary = "canary-secret";
    for (const options of [{ url: `http://user:${canary}@host/` }, { apiKey: `${canary} \n` }]) {
      const given = { url: URL_GIVEN, dimensions: 8, ...options };
      expect(() => endpointSettings("m", given)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining(canary) }),
      );
    }
  });
});
