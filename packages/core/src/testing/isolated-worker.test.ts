import { expect, onTestFinished, test } from "vitest";
import { markIsolatedProcess } from "../job/isolation.ts";
import { scene } from "./scene.fixture.ts";

test("a process of isolated jobs starts no worker: it would start processes without end", async () => {
  const { mr } = scene([]);
  onTestFinished(() => void Reflect.deleteProperty(globalThis, Symbol.for("millrace.isolated")));
  markIsolatedProcess();
  expect(() => mr.worker()).toThrow(
    expect.objectContaining({ code: "bad-usage", message: expect.stringContaining("isolated job") }),
  );
  await mr.close();
});
