import { expect, test } from "vitest";
import { createPgClient } from "./pg-client.ts";
import { startPooler } from "./pooler.fixture.ts";

const URL = process.env["MILLRACE_TEST_POSTGRES_URL"] ?? "";

test("nothing stands between a client and the server it connects to", async () => {
  expect(await createPgClient({ url: URL }).pooling?.()).toBe("none");
});

test.each(["session", "transaction"] as const)("connections are pooled by %s", async (pools) => {
  const pooler = await startPooler(URL, pools);
  try {
    expect(await createPgClient({ url: pooler.url }).pooling?.()).toBe(pools);
  } finally {
    await pooler.stop();
  }
});

test("a server that is not there is unreachable", async () => {
  const nowhere = createPgClient({ url: "postgres://127.0.0.1:1/nowhere" });
  await expect(nowhere.pooling?.()).rejects.toMatchObject({ code: "store-unreachable" });
});
