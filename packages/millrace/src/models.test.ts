/** The rules of making models of settings. */
import { describe, expect, test } from "vitest";
import type { ModelsOptions } from "./config/model-settings.ts";
import { configuredModels } from "./models.ts";

function modelsOf(models: ModelsOptions, environment: Record<string, string> = {}) {
  return configuredModels({ models: () => models }, { environment });
}

const ADA = { url: "http://127.0.0.1:9/v1", dimensions: 8, apiKeyEnv: "ADA_KEY" };

describe("configured models", () => {
  test("stand beside the one that needs no endpoint", async () => {
    const models = await modelsOf({ ada: ADA }, { ADA_KEY: "sk-1" });
    expect(models.names).toEqual(["ada", "hash-lexical-v1"]);
    expect(models.get("ada")).toMatchObject({ model: "ada", dimensions: 8, collection: "ada_embeddings" });
  });

  test("whose key is not set are refused when they are used, and not before", async () => {
    const models = await modelsOf({ ada: ADA });
    expect(() => models.get("ada")).toThrow("models.ada.apiKeyEnv names ADA_KEY, which is not set");
  });

  test.each([
    [{ dimensions: 8 }, "models.ada has no url"],
    [{ url: ADA.url }, "models.ada has no dimensions"],
  ])("%j is refused", async (options, message) => {
    await expect(modelsOf({ ada: options })).rejects.toMatchObject({
      code: "bad-config",
      message: expect.stringContaining(message),
    });
  });
});
