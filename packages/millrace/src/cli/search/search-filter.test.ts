/** What `--filter` conditions say, and which are refused. */
import { expect, test } from "vitest";
import { searchFilter } from "./search-filter.ts";

test("conditions become a filter; several values of one key are alternatives", () => {
  const conditions = [
    "lang=de",
    "year>=2020",
    "lang=en",
    "year<=2024",
    "source^=./docs/",
    'code="7"',
    "draft=false",
  ];
  expect(searchFilter(conditions, "/home")).toEqual({
    sourcePrefix: "/home/docs",
    metadata: [
      { key: "lang", in: ["de", "en"] },
      { key: "code", in: ["7"] },
      { key: "draft", in: [false] },
      { key: "year", atLeast: 2020 },
      { key: "year", atMost: 2024 },
    ],
  });
  expect(searchFilter([], "/")).toEqual({});
  expect(searchFilter(["source=/a=b.md"], "/")).toEqual({ source: "/a=b.md" });
  expect(searchFilter(["n=", "o={}"], "/")).toEqual({
    metadata: [
      { key: "n", in: [""] },
      { key: "o", in: ["{}"] },
    ],
  });
});

test.each([["words"], ["=value"], ["key^=a"], ["source>=a"], ["draft>=true"], ["year>="], ["year<="]])(
  "%s is no condition",
  (condition) => {
    expect(() => searchFilter([condition], "/")).toThrow(expect.objectContaining({ code: "bad-usage" }));
  },
);

test("a search has one source of a kind", () => {
  expect(() => searchFilter(["source=/a", "source=/b"], "/")).toThrow("one such condition");
  expect(searchFilter(["source=/a", "source^=/"], "/")).toEqual({ source: "/a", sourcePrefix: "/" });
});
