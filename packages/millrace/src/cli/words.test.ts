/** What a terminal is shown of names that others have given. */
import { describe, expect, test } from "vitest";
import { nearPath, visible } from "./words.ts";

describe("names of others", () => {
  test.each([
    ["new\nline.md", "new\\nline.md"],
    ["red\u001b[31m.md", "red\\u001b[31m.md"],
    ["csi\u009b2J", "csi\\u009b2J"],
    ["x\u202egnp.md", "x\\u202egnp.md"],
    ["größe 😀 水車.md", "größe 😀 水車.md"],
  ])("%j moves no terminal", (name, shown) => {
    expect(visible(name)).toBe(shown);
    expect(nearPath(`/data/${name}`, "/data")).toBe(shown);
    expect(nearPath(`/elsewhere/${name}`, "/data")).toBe(`/elsewhere/${shown}`);
  });
});
