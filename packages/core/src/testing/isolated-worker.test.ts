import { expect, test } from "vitest";
import { markIsolatedProcess } from "../job/isolation.ts";
import { scene } from "./scene.fixture.ts";

test("a process of isolated jobs starts no worker: it would start processes without end", async () => {
  const { mr } = scene([]);
  markIsolatedProcess(); // for good, in the process of this file's tests alone
  expect(() => mr.worker()).toThrow(
    expect.objectContaining({ code: "bad-usage", message: expect.stringContaining("isolated job") }),
  );
  await mr.close();
});
