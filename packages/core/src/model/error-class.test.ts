import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { classOf } from "./error-class.ts";
import { ClassedError, UnrecoverableError } from "./errors.ts";

describe("the class of an error", () => {
  test.each([
    [{ status: 429 }, "rate-limited"],
    [{ statusCode: 429 }, "rate-limited"],
    [{ response: { status: 429 } }, "rate-limited"],
    [{ response: { statusCode: 503 } }, "connection"],
    [{ status: 500 }, "connection"],
    [{ status: 599 }, "connection"],
    [{ status: 600 }, "processing"],
    [{ status: 401 }, "permission"],
    [{ status: 403 }, "permission"],
    [{ status: 404 }, "not-found"],
    [{ status: 410 }, "not-found"],
    [{ status: 408 }, "timeout"],
    [{ status: 400 }, "processing"],
    [{ status: "429" }, "processing"],
    [{ code: "ECONNRESET" }, "connection"],
    [{ code: "ENOENT" }, "not-found"],
    [{ code: "EACCES" }, "permission"],
    [{ code: "UND_ERR_HEADERS_TIMEOUT" }, "timeout"],
    [{ name: "TimeoutError" }, "timeout"],
    [{}, "processing"],
  ])("with %j is %s", (fields, expected) => {
    expect(classOf(Object.assign(new Error("x"), fields))).toBe(expected);
    expect(classOf(fields)).toBe(expected);
  });

  test("of AbortSignal.timeout is timeout", async () => {
    const signal = AbortSignal.timeout(1);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    expect(classOf(signal.reason)).toBe("timeout");
  });

  test("of a failed fetch is its cause's", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo; // it listens on a port
    server.close();
    await once(server, "close");
    const error = await fetch(`http://127.0.0.1:${port}/`).catch((reason: unknown) => reason);
    expect(classOf(error)).toBe("connection");
  });

  test("is never final by a cause", () => {
    const cause = Object.assign(new Error("no such file"), { code: "ENOENT" });
    expect(classOf(new Error("cannot read the template", { cause }))).toBe("processing");
    const limited = new Error("x", { cause: new Error("y", { cause: { status: 429 } }) });
    expect(classOf(limited)).toBe("rate-limited");
  });

  test("is its own word first", () => {
    const cause = { status: 503 };
    expect(classOf(Object.assign(new ClassedError("validation", "bad", "x", cause), { status: 429 }))).toBe(
      "validation",
    );
    expect(classOf(new UnrecoverableError("x", cause))).toBe("processing");
  });

  test("of hostile things is processing, and found at once", () => {
    const thrower = Object.defineProperty({}, "cause", {
      get: () => {
        throw new Error("no");
      },
    });
    const round: { cause?: unknown } = {};
    round.cause = round;
    for (const thing of [undefined, null, 7, "text", Object.create(null), thrower, round]) {
      expect(classOf(thing)).toBe("processing");
    }
  });
});
