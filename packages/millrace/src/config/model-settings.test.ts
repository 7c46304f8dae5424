/** The rules of settings of models, whose names are the user's. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadSettings, type SettingSources } from "./settings.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-models-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(content: object): string {
  const path = join(folder, "millrace.config.json");
  writeFileSync(path, JSON.stringify(content));
  return path;
}

function load(environment: Record<string, string> = {}, sources: Partial<SettingSources> = {}) {
  return loadSettings({ folder, environment, ...sources });
}

describe("models", () => {
  test("are merged setting by setting, each with its source, under any name", async () => {
    const path = write({
      models: {
        "gpt-3.5/embed:latest": {
          url: "http://127.0.0.1:8080/v1",
          dimensions: 8,
          rates: ["10/s", "500/min"],
        },
        toString: { url: "http://127.0.0.1:8080/embed", dimensions: 4 },
      },
      profiles: { laptop: { models: { "gpt-3.5/embed:latest": { concurrency: 2 } } } },
    });
    const settings = await load(
      { MILLRACE_MODELS: '{"toString": {"dimensions": 5}}' },
      { profile: "laptop" },
    );
    const models = settings.models();
    expect(Object.getPrototypeOf(models)).toBe(null);
    expect(models["gpt-3.5/embed:latest"]).toEqual({
      url: "http://127.0.0.1:8080/v1",
      dimensions: 8,
      rates: ["10/s", "500/min"],
      concurrency: 2,
    });
    expect(models["toString"]).toEqual({ url: "http://127.0.0.1:8080/embed", dimensions: 5 });
    expect(settings.source("models.toString.dimensions")).toBe("MILLRACE_MODELS");
    expect(settings.source("models.toString.url")).toBe(path);
    expect(settings.notices).toEqual([]);
  });

  test.each([
    [{ models: 3 }, "models (3, FILE) is not a setting"],
    [{ models: { nomic: 3 } }, "models.nomic (3, FILE) is not a setting; known keys: models.<model>.url"],
    [{ models: { m: { dimension: 3 } } }, "did you mean models.m.dimensions?"],
    [
      { models: { m: { dimensions: 0 } } },
      "models.m.dimensions is 0 (FILE); it takes a whole number, 1 or more",
    ],
    [
      { models: { m: { url: "localhost" } } },
      'models.m.url is "localhost" (FILE); it takes an address such as',
    ],
    [{ models: { m: { rates: ["often"] } } }, 'models.m.rates is ["often"] (FILE); it takes a list of rates'],
    [{ models: { m: { timeout: "1 minute" } } }, 'models.m.timeout is "1 minute" (FILE)'],
    [{ models: { m: { apiKeyEnv: "sk-1" } } }, "models.m.apiKeyEnv is"],
    [{ models: { "": {} } }, "it takes 1 to 200 printable characters"],
  ])("%j is refused", async (content, message) => {
    const path = write(content);
    await expect(load()).rejects.toMatchObject({
      code: "bad-config",
      message: expect.stringContaining(message.replace("FILE", path)),
    });
  });

  test("a key in a file is refused without being quoted", async () => {
    write({ models: { m: { apiKey: "sk-canary" } } });
    const error = await load().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "bad-config", message: expect.stringContaining("apiKeyEnv") });
    expect(JSON.stringify(error) + String(error)).not.toContain("canary");
  });
});
