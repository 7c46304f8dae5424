/** Owns the fake model server as benches run it: a program that says where it listens and ends when it is told to. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { EndpointEmbedder } from "@millrace/rag";
import { fakeVector } from "@millrace/testkit/model-server";
import { expect, test } from "vitest";

const PROGRAM = fileURLToPath(new URL("../../packages/testkit/dist/model-server/main.js", import.meta.url));

test("the fake model server runs as a program of its own", async () => {
  const server = spawn(process.execPath, [PROGRAM, "--dimensions", "16", "--max-inputs", "4"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(server, "exit");
  try {
    const [origin] = (await once(createInterface(server.stdout), "line")) as [string];
    const embedder = new EndpointEmbedder("m", { url: `${origin}/v1`, dimensions: 16 });
    const texts = Array.from({ length: 10 }, (_, index) => `text ${index}`);
    const vectors = await embedder.embed(texts, { signal: new AbortController().signal });
    expect(vectors).toEqual(texts.map((text) => fakeVector(text, 16)));
    await embedder.close();
  } finally {
    server.kill("SIGTERM");
  }
  expect((await ended)[0]).toBe(0);
});
