/** Texts that stores, drivers and serialisers like to mangle. */

/** Texts any name, queue, tenant, key or instance may be. */
export const ODD_TEXTS: readonly string[] = [
  "",
  " ",
  " leading and trailing ",
  "it's",
  '"quoted"',
  "back\\slash",
  "\\u0000",
  "new\nline\r\n\ttab",
  "a:b:default",
  "comma,{brace},[bracket]",
  "$1 %s #{x} {{y}}",
  "null",
  "__proto__",
  "constructor",
  "toString",
  "--; drop table job",
  "ünïcödé",
  "u\u0308 and \u00fc",
  "日本語",
  "👩‍👩‍👧",
  "\u{10ffff}",
  "\ufffd\ufeff\u200b",
  "\u0001\u001f\u007f",
  "x".repeat(1_000),
];

/** Texts no store keeps: PostgreSQL has no NUL, UTF-8 no halves of a surrogate pair. */
export const UNKEEPABLE_TEXTS: readonly string[] = ["a\0b", "\ud800", "\udc00 tail"];

/** Job envelopes: a codec character, then the codec's text, which of the first codec is JSON. */
export const ODD_ENVELOPES: readonly string[] = [
  ...ODD_TEXTS.map((text) => `0${JSON.stringify({ payload: text })}`),
  '0{"payload":"\\u0000 \\ud800 \\udfff"}',
  '0{"__proto__":{"polluted":true},"constructor":{}}',
  '0{"payload":123456789012345678901234567890.123456789e-5}',
  '0{ "payload" : [ 1 , 2 ] , "payload" : 0 }',
  `0${"[".repeat(64)}${"]".repeat(64)}`,
  "0",
  "1 any other codec's \x1e text \x1b with \x1bR and \x1bE\x1e\x1e",
  `0{"payload":${JSON.stringify(`${"é'\"\\😀".repeat(120_000)}`)}}`,
  `0{"payload":"${"x".repeat(1_048_000)}"}`,
];
