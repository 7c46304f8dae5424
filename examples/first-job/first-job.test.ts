/** Owns the guide's programs: one enqueues and ends, the next one works, on the embedded store. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { enqueue } from "./enqueue.ts";
import { work } from "./work.ts";

test("what one program enqueues, the next one works off", async () => {
  let calls = 0;
  const server = createServer((request, response) => {
    calls += 1;
    response.statusCode = request.url === "/none" ? 404 : calls === 1 ? 503 : 200;
    response.end("three short words");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on a port
  const directory = mkdtempSync(join(tmpdir(), "millrace-example-"));
  const store = `file:${directory}`;
  try {
    const [text] = await enqueue([`http://127.0.0.1:${port}/text`], store);
    const [none] = await enqueue([`http://127.0.0.1:${port}/none`], store);
    if (text === undefined || none === undefined) throw new Error("nothing was enqueued");
    expect(await work([text], store)).toEqual([{ status: "fulfilled", value: { words: 3, attempt: 2 } }]);
    expect(await work([none], store)).toMatchObject([{ status: "rejected", reason: { code: "job-failed" } }]);
  } finally {
    rmSync(directory, { recursive: true });
    server.close();
  }
});
