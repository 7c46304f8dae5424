/** What is read of streams of JSON, and what is refused by its line. */
import { describe, expect, test } from "vitest";
import { exactJson, jsonDocument, jsonLines } from "./json-lines.ts";

async function read(...chunks: readonly (string | Uint8Array)[]): Promise<readonly unknown[]> {
  async function* stream(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  const values: unknown[] = [];
  for await (const { value } of jsonLines(stream(), "stdin")) values.push(value);
  return values;
}

describe("a stream", () => {
  test("has a value a line, wherever chunks end, blank lines and a missing last line end aside", async () => {
    expect(await read('{"a":', "1}\n\n", "  \r\n[2", ",3]\nnull\n", '"x"')).toEqual([
      { a: 1 },
      [2, 3],
      null,
      "x",
    ]);
    expect(await read()).toEqual([]);
  });

  test("may cut a character in two", async () => {
    const bytes = Buffer.from('"ü"\n');
    expect(await read(bytes.subarray(0, 2), bytes.subarray(2))).toEqual(["ü"]);
  });

  test.each([
    [["1\n\n{bad\n2"], "line 3 of stdin is not JSON"],
    [["1\n", Uint8Array.of(34, 0xff, 34, 10)], "line 2 of stdin is not UTF-8"],
    [["1\n9007199254740993\n"], "line 2 of stdin holds the number 9007199254740993"],
    [["1\n", "x".repeat(1_500_000), "x".repeat(1_500_000)], "line 2 of stdin is longer than 2097152 bytes"],
  ])("%# names the line of what it refuses", async (chunks, message) => {
    await expect(read(...chunks)).rejects.toThrow(message);
  });
});

describe("a document", () => {
  test("is one value", () => {
    expect(jsonDocument(Buffer.from(' {\n"a": [1]}\n'), "a.json")).toEqual({ a: [1] });
    expect(() => jsonDocument(Buffer.from("{}{}"), "a.json")).toThrow("a.json is not JSON");
  });

  test.each(["9007199254740992", "-9007199254740991", '"9007199254740993"', "12345678901234567.5", "1e300"])(
    "%s is kept",
    (text) => expect(exactJson(`[${text}]`, "it")).toEqual([JSON.parse(text)]),
  );

  test("whole numbers that would become others are refused", () => {
    expect(() => exactJson('{"a":"\\"1234567890123456789","b":[-12345678901234567]}', "it")).toThrow(
      "it holds the number -12345678901234567, which cannot be kept exactly",
    );
  });
});
