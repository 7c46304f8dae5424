/** Owns what the documents must keep up with: a row for every error code and document reason, links that lead somewhere. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ERROR_CLASSES, type ErrorCode, JOB_STATES, MillraceError } from "@millrace/core";
import { type DocumentReason, documentFailure, type ModelReason } from "@millrace/rag";
import { describe, expect, test } from "vitest";
import { exitCodeOf } from "../packages/millrace/src/cli/exit-code.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const ERRORS = readFileSync(join(ROOT, "docs/reference/errors.md"), "utf8");

/** The compiler asks for every code there is. */
const CODES: Readonly<Record<ErrorCode, true>> = {
  "bad-config": true,
  "bad-input": true,
  "bad-usage": true,
  "children-lost": true,
  "collection-mismatch": true,
  conflict: true,
  "deadline-exceeded": true,
  duplicate: true,
  "handler-stuck": true,
  "job-cancelled": true,
  "job-failed": true,
  "lease-lost": true,
  "model-unreachable": true,
  "never-idle": true,
  "no-handler": true,
  "not-found": true,
  "not-serialisable": true,
  "queue-full": true,
  "schema-mismatch": true,
  "store-closed": true,
  "store-failed": true,
  "store-full": true,
  "store-locked": true,
  "store-unreachable": true,
  "too-large": true,
  unsupported: true,
};
/** And for every reason. */
const REASONS: Readonly<Record<DocumentReason, true>> = {
  encrypted: true,
  "needs-ocr": true,
  malformed: true,
  "parser-crash": true,
  timeout: true,
  "too-large": true,
  unsupported: true,
  unreadable: true,
  empty: true,
};

/** And for every reason of model endpoints. */
const MODEL_REASONS: Readonly<Record<ModelReason, true>> = {
  "too-large": true,
  refused: true,
  "request-refused": true,
  "not-allowed": true,
  quota: true,
  "no-model": true,
  "model-timeout": true,
  "no-endpoint": true,
  "model-connection": true,
  "model-error": true,
  "model-answer": true,
  "embedding-count": true,
  "embedding-order": true,
  "embedding-value": true,
  "embedding-dimensions": true,
};

/** The cells of a section's table, by the word in its first column. */
function rowsOf(section: string): ReadonlyMap<string, readonly string[]> {
  const [, body = ""] = ERRORS.split(`\n## ${section}\n`);
  const [text = ""] = body.split("\n## ");
  const rows = text.split("\n").filter((line) => line.startsWith("| `"));
  const cells = rows.map((line) => line.split("|").map((cell) => cell.trim()));
  const byName = new Map(
    cells.map(([, name = "", ...rest]) => [name.replaceAll("`", ""), rest.slice(0, -1)]),
  );
  expect(byName.size, "names in the rows").toBe(rows.length);
  return byName;
}

describe("docs/reference/errors.md", () => {
  test("has one row for each error code, with the exit code it gives", () => {
    const rows = rowsOf("Codes of MillraceError");
    const expected = Object.keys(CODES).map((code) => {
      const error = new MillraceError(code as ErrorCode, ""); // a key of CODES
      return [code, String(exitCodeOf(error))];
    });
    expect([...rows].map(([code, cells]) => [code, cells.at(-1)])).toEqual(expected);
  });

  test("has one row for each reason of model endpoints, with a class", () => {
    const rows = rowsOf("Reasons of model endpoints");
    expect([...rows.keys()]).toEqual(Object.keys(MODEL_REASONS));
    for (const [errorClass] of rows.values()) expect(ERROR_CLASSES).toContain(errorClass);
  });

  test("has one row for each document reason, with its class", () => {
    const rows = rowsOf("Reasons of documents");
    const expected = Object.keys(REASONS).map((reason) => {
      const failure = { path: "a.pdf", reason: reason as DocumentReason, why: "" }; // a key of REASONS
      return [reason, documentFailure(failure).errorClass];
    });
    expect([...rows].map(([reason, [classes]]) => [reason, classes?.split(",")[0]])).toEqual(expected);
  });
});

describe("docs/state-machine.md", () => {
  const [, job = ""] = readFileSync(join(ROOT, "docs/state-machine.md"), "utf8").split(/^## /m);
  const [, drawing = "", table = ""] = job.split("```");
  const drawn = new Set(
    [...drawing.matchAll(/^ {2}(\S+) --> (\S+?)(?::|$)/gm)].map(([, from, to]) => `${from} ${to}`),
  );
  const statesOf = (cell = "") => cell.split(",").map((state) => state.trim().replace("–", "[*]"));
  const rows = table.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| from"));
  const taken = rows.flatMap((row) => {
    const [, from, to] = row.split("|");
    return statesOf(from).flatMap((each) => statesOf(to).map((other) => `${each} ${other}`));
  });

  test("draws every state of a job", () => {
    const states = new Set([...drawn].flatMap((edge) => edge.split(" ")).filter((state) => state !== "[*]"));
    expect(states).toEqual(new Set(JOB_STATES));
  });

  test("draws every edge that its table says is taken", () => {
    expect(taken.length).toBeGreaterThan(10);
    expect(taken.filter((edge) => !drawn.has(edge))).toEqual([]);
  });
});

describe("docs/reference/faults.md", () => {
  const page = join(ROOT, "docs/reference/faults.md");
  const rows = [
    ...readFileSync(page, "utf8").matchAll(/^\| ([^|]+) \| \[[^\]]+\]\(([^)]+)\) \| `([^`]+)` \|/gm),
  ];

  test("has a test for each fault", () => {
    expect(rows.length).toBeGreaterThan(40);
    const all = readFileSync(page, "utf8").split("\n");
    expect(all.filter((line) => line.startsWith("| ") && !/^\| (fault|mistake) /.test(line))).toHaveLength(
      rows.length,
    );
  });

  test.each(rows.map(([, fault = "", path = "", rule = ""]) => ({ fault, path, rule })))(
    "names a test there is: $fault",
    ({ path, rule }) => {
      expect(readFileSync(resolve(dirname(page), path), "utf8")).toContain(rule);
    },
  );
});

const SKIPPED = new Set(["node_modules", "dist", "demo-files", "coverage"]);

function markdownFiles(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith(".") || SKIPPED.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return markdownFiles(path);
    return entry.name.endsWith(".md") ? [path] : [];
  });
}

/** Text without code, in which brackets mean other things. */
function proseOf(path: string): string {
  return readFileSync(path, "utf8")
    .replaceAll(/^```.*?^```$/gms, "")
    .replaceAll(/`[^`\n]*`/g, "code");
}

function linksIn(path: string): readonly string[] {
  const targets = [...proseOf(path).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors that a page's headings give it. */
function anchorsOf(path: string): readonly string[] {
  const headings = readFileSync(path, "utf8").match(/^#+ .*$/gm) ?? [];
  return headings.map((heading) =>
    heading
      .replace(/^#+ /, "")
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function isBroken(page: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? page : resolve(dirname(page), path);
  if (!existsSync(target)) return true;
  return anchor !== undefined && !anchorsOf(target).includes(anchor);
}

/** Blocks that a link to an example's file stands before, as the pages print them. */
const PRINTED = /^\[[^\]\n]*\]\(([^)\n]*\.ts)\)\n\n```ts\n(.*?)^```$/gms;

describe("guides", () => {
  const printed = markdownFiles(join(ROOT, "docs/guides")).flatMap((guide) =>
    [...readFileSync(guide, "utf8").matchAll(PRINTED)].map(([, path = "", code = ""]) => ({
      path: resolve(dirname(guide), path),
      code,
    })),
  );

  test("print examples", () => {
    expect(printed.map(({ path }) => basename(path))).toContain("sign-up.test.ts");
  });

  test.each(printed)("print the file that CI runs: $path", ({ path, code }) => {
    expect(code).toBe(readFileSync(path, "utf8"));
  });
});

describe("Markdown files", () => {
  const pages = markdownFiles(ROOT);

  test("are found", () => {
    expect(pages.map((page) => basename(page))).toContain("README.md");
  });

  test.each(pages.map((page) => relative(ROOT, page)))("%s has no broken relative link", (name) => {
    const page = join(ROOT, name);
    expect(linksIn(page).filter((link) => isBroken(page, link))).toEqual([]);
  });
});
