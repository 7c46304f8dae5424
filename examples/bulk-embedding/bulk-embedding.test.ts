/** Owns the guide's programs, run against a fake model server that speaks as each of the four services does. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ModelServer } from "@millrace/testkit/model-server";
import { afterEach, describe, expect, test } from "vitest";
import { embedFile } from "./embed.ts";
import { insertVectors } from "./insert.ts";

const CONFIG = readFileSync(new URL("millrace.config.yaml", import.meta.url), "utf8");
const DIMENSIONS: Readonly<Record<string, number>> = {
  "text-embedding-3-small": 1536,
  "BAAI/bge-m3": 1024,
  "nomic-embed-text": 768,
  "bge-small-en": 384,
};

let server: ModelServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

describe("the guide to bulk embedding", () => {
  test.each(Object.keys(DIMENSIONS))("embeds with %s as it is configured", async (model) => {
    server = await ModelServer.start({ dimensions: DIMENSIONS[model], poison: "(unreadable)" });
    const place = mkdtempSync(join(tmpdir(), "millrace-bulk-guide-"));
    try {
      const here = CONFIG.replaceAll(/https?:\/\/[^/\s]+/g, server.origin);
      writeFileSync(join(place, "millrace.config.yaml"), here);
      const file = join(place, "items.ndjson");
      const items = [
        { id: "a", text: "A mill stands by the river.", metadata: { lang: "en" } },
        { id: "b", text: "(unreadable)" },
        { text: "Its race carries the water." },
      ];
      writeFileSync(file, items.map((item) => `${JSON.stringify(item)}\n`).join(""));
      const environment = { OPENAI_API_KEY: "sk-guide", MILLRACE_STORE: "memory:" };
      expect(await embedFile(file, model, { folder: place, environment })).toMatchObject({
        state: "partial",
        items: { read: 3, done: 2, failed: 1, inserted: 2 },
      });
      const authorization = model === "text-embedding-3-small" ? "Bearer sk-guide" : undefined;
      expect(new Set(server.requests.map((request) => request.authorization))).toEqual(
        new Set([authorization]),
      );
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
  });

  test("inserts vectors that are there already", async () => {
    const made = async function* () {
      yield { id: "a", embedding: [0.1, 0.2], metadata: { lang: "en" } };
      yield { id: "b", embedding: [0.3, 0.4, 0.5], metadata: { lang: "de" } };
      yield { id: "c", embedding: [0.6, 0.7], metadata: { lang: "fr" } };
    };
    expect(await insertVectors("memory:", "notes", made)).toEqual({
      kept: 2,
      failed: ["b: embedding-dimensions"],
    });
  });
});
