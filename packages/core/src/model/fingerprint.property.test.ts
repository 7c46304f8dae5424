import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ERROR_CLASSES } from "./errors.ts";
import { fingerprintOf, maskMessage } from "./fingerprint.ts";

const digit = fc.constantFrom(..."0123456789");
const hexDigit = fc.constantFrom(..."0123456789abcdefABCDEF");
const word = fc.string({
  unit: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz"),
  minLength: 1,
  maxLength: 8,
});
const texts = (unit: fc.Arbitrary<string>, min: number, max: number) =>
  fc.array(unit, { minLength: min, maxLength: max }).map((all) => all.join(""));

/** What differs between equal failures, by kind. */
const VARYING: Readonly<Record<string, fc.Arbitrary<string>>> = {
  uuid: fc.uuid(),
  hex: fc.tuple(digit, texts(hexDigit, 7, 60)).map((parts) => parts.join("")),
  pointer: texts(hexDigit, 1, 16).map((hex) => `0x${hex}`),
  integer: fc.nat().map(String),
  signed: fc.integer().map(String),
  decimal: fc.tuple(fc.nat(), fc.nat()).map(([whole, part]) => `${whole}.${part}`),
  grouped: fc.nat({ max: 999_999_999 }).map((number) => number.toLocaleString("en")),
  time: fc
    .date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true })
    .map((date) => date.toISOString()),
  url: fc
    .tuple(
      fc.constantFrom("http", "https", "postgres"),
      fc.array(word, { minLength: 1, maxLength: 4 }),
      fc.nat(),
    )
    .map(([scheme, parts, number]) => `${scheme}://${parts.join("/")}?n=${number}`),
  path: fc.array(word, { minLength: 2, maxLength: 5 }).map((parts) => `/${parts.join("/")}.ts`),
  quoted: fc.string({ maxLength: 40 }).map((text) => `"${text.replaceAll(/["\n\r]/g, "")}"`),
};
const around = fc.tuple(fc.array(word, { maxLength: 4 }), fc.array(word, { maxLength: 4 }));

describe("two messages that differ only in", () => {
  test.each(Object.keys(VARYING))("a %s have one fingerprint", (kind) => {
    const values = VARYING[kind] ?? fc.constant("");
    fc.assert(
      fc.property(around, values, values, ([before, after], left, right) => {
        const message = (value: string) => [...before, value, ...after].join(" ");
        expect(fingerprintOf("processing", message(left))).toBe(fingerprintOf("processing", message(right)));
      }),
    );
  });

  test("where long ids push the end out of sight have one fingerprint", () => {
    const message = (id: string) => `${id} ${"word ".repeat(600)}`;
    expect(maskMessage(message("7"))).toBe(maskMessage(message("7".repeat(500))));
  });
});

test("failures of different classes, or with different words, have different fingerprints", () => {
  const words = fc.array(word, { minLength: 1, maxLength: 6 }).map((all) => all.join(" "));
  const failures = fc.record({ errorClass: fc.constantFrom(...ERROR_CLASSES), message: words });
  fc.assert(
    fc.property(failures, failures, (one, other) => {
      const isSame = one.errorClass === other.errorClass && one.message === other.message;
      const [left, right] = [one, other].map(({ errorClass, message }) => fingerprintOf(errorClass, message));
      expect(left === right).toBe(isSame);
    }),
  );
});

test("line numbers, folders, loaders' queries and the message's own lines are no part of the frames", () => {
  const error = (id: number, folder: string, line: number) => {
    const message = `order ${id} failed\n    at step ${id}`;
    const stack = `Error: ${message}\n    at run (${folder}/mail.ts?t=${id}:${line}:7)\n    at async main (${folder}/a.ts:${line}:1)`;
    return fingerprintOf("processing", message, stack);
  };
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.nat(), (id, other, line) => {
      expect(error(id, "/srv/app", line)).toBe(error(other, "/home/me/work", line + 1));
    }),
  );
});
