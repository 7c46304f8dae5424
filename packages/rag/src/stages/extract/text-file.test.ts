/** The rule by which bytes of unknown encoding become text. */
import { expect, test } from "vitest";
import { decodeText } from "./text-file.ts";

test.each([
  ["plain UTF-8", Buffer.from("Überraschung"), "Überraschung"],
  ["UTF-8 with its mark", Buffer.from("\uFEFFÜber"), "Über"],
  ["UTF-16 little-endian with its mark", Buffer.from("\uFEFFÜber", "utf16le"), "Über"],
  ["UTF-16 big-endian with its mark", Buffer.from("\uFEFFÜber", "utf16le").swap16(), "Über"],
  ["Windows-1252", Buffer.from([0xdc, 0x62, 0x65, 0x72, 0x20, 0x80, 0x31, 0x30]), "Über €10"],
  [
    "UTF-8 with one broken byte",
    Buffer.concat([Buffer.from("Über öl "), Buffer.from([0xff])]),
    "Über öl \uFFFD",
  ],
  ["nothing", Buffer.alloc(0), ""],
])("%s", (_, bytes, text) => {
  expect(decodeText(bytes)).toBe(text);
});
