/** Which home a URL names. */
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { parseStoreUrl } from "./store-url.ts";

test.each([
  ["memory:", { kind: "memory" }],
  ["file:data/store", { kind: "embedded", directory: resolve("data/store") }],
  ["file:./.millrace", { kind: "embedded", directory: resolve(".millrace") }],
  ["file:/var/lib/millrace", { kind: "embedded", directory: "/var/lib/millrace" }],
  ["file:///var/lib/mill%20race", { kind: "embedded", directory: "/var/lib/mill race" }],
  ["postgres://u:p@h/d", { kind: "server", url: "postgres://u:p@h/d", name: "postgres://u:***@h/d" }],
  ["postgresql://h/d", { kind: "server", url: "postgresql://h/d" }],
])("%s", (url, place) => {
  expect(parseStoreUrl(url)).toMatchObject(place);
});

test.each(["redis://u:secret@h", "rediss://h", "mysql://u:secret@h", "./.millrace"])(
  "%s is refused",
  (url) => {
    expect(() => parseStoreUrl(url)).toThrow(expect.objectContaining({ code: "bad-config" }));
    expect(() => parseStoreUrl(url)).not.toThrow("secret");
  },
);
