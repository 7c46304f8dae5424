/** Where snippets are cut, and what is marked in them. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { marked, snippetOf } from "./snippet.ts";

const brackets = (text: string): string => `[${text}]`;

test("a short text is whole, its white space folded", () => {
  expect(snippetOf("  Two\n\n lines \t of text ", "nothing").text).toBe("Two lines of text");
});

test("the dots of a table of contents are folded", () => {
  expect(snippetOf("Integration . . . . . . . . 703", "x").text).toBe("Integration … 703");
});

test("the window stands where the query's words are closest together", () => {
  const filler = "lorem ipsum dolor ".repeat(40);
  const text = `${filler}memory alone ${filler}find memory leaks early ${filler}`;
  const snippet = snippetOf(text, "find memory leaks", 80);
  expect(marked(snippet, brackets)).toContain("[find] [memory] [leaks] early");
  expect(snippet.text).toMatch(/^….*…$/);
});

test("other forms of a word are marked, short words only where there is nothing else", () => {
  expect(marked(snippetOf("The packaging of a package", "packages of the"), brackets)).toBe(
    "[The] [packaging] of a [package]",
  );
  expect(marked(snippetOf("to be or not to be", "to be"), brackets)).toContain("[to] [be]");
});

test("a query of signs marks nothing", () => {
  expect(snippetOf("some text", "?!").matches).toEqual([]);
});

test("never longer than asked for, and its matches lie inside it", () => {
  fc.assert(
    fc.property(
      fc.lorem({ maxCount: 400 }),
      fc.lorem({ maxCount: 3 }),
      fc.integer({ min: 20, max: 300 }),
      (text, query, width) => {
        const snippet = snippetOf(text, query, width);
        expect(snippet.text.length).toBeLessThanOrEqual(width + 2);
        let at = 0;
        for (const [start, end] of snippet.matches) {
          expect(start).toBeGreaterThanOrEqual(at);
          expect(end).toBeLessThanOrEqual(snippet.text.length);
          at = end;
        }
      },
    ),
  );
});
