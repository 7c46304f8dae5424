import { describe, expect, test } from "vitest";
import type { Json } from "./json.ts";
import { mergePatch } from "./merge-patch.ts";

/** The examples of RFC 7396, appendix A: value, patch, result. */
const EXAMPLES: readonly (readonly [string, string, string])[] = [
  ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
  ['{"a":"b"}', '{"a":null}', "{}"],
  ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
  ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
  ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
  ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
  ['["a","b"]', '["c","d"]', '["c","d"]'],
  ['{"a":"b"}', '["c"]', '["c"]'],
  ['{"a":"foo"}', "null", "null"],
  ['{"a":"foo"}', '"bar"', '"bar"'],
  ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
  ["[1,2]", '{"a":"b","c":null}', '{"a":"b"}'],
  ["{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
];

const parse = (text: string) => JSON.parse(text) as Json;

describe("mergePatch", () => {
  test.each(EXAMPLES)("%s with %s is %s", (value, patch, result) => {
    expect(JSON.stringify(mergePatch(parse(value), parse(patch)))).toBe(result);
  });

  test("changes neither the value nor the patch", () => {
    const value = parse('{"a":{"b":1},"c":[1]}');
    const patch = parse('{"a":{"d":2},"c":null}');
    mergePatch(value, patch);
    expect(JSON.stringify([value, patch])).toBe('[{"a":{"b":1},"c":[1]},{"a":{"d":2},"c":null}]');
  });

  test('a key "__proto__" is a key like any other, also one that a prototype has', () => {
    const merged = mergePatch(
      parse('{"__proto__":{"a":1}}'),
      parse('{"__proto__":{"b":2},"toString":{"x":1}}'),
    );
    expect(JSON.stringify(merged)).toBe('{"__proto__":{"a":1,"b":2},"toString":{"x":1}}');
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
  });
});
