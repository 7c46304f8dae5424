import { readFile } from "node:fs/promises";
import { createExtractor, type DocumentType, documentFailure } from "@millrace/rag";

/** Tables as CSV: a page of Markdown whose rows a search finds one by one. */
export const csv: DocumentType = {
  format: "csv",
  extensions: [".csv"],
  version: "csv/1", // raise it whenever the same file would yield other text
  magic: {
    refuse: (head) =>
      head.includes(0)
        ? { reason: "unsupported", why: "it is named as CSV and holds binary data" }
        : undefined,
  },
  extract: async (file, { signal }) => {
    const startedAt = performance.now();
    const lines = (await readFile(file.path, { encoding: "utf8", signal })).trim().split(/\r?\n/);
    const [head = "", ...rows] = lines.map((line) => `| ${line.split(",").join(" | ")} |`);
    if (rows.length === 0) throw documentFailure({ path: file.path, reason: "empty", why: "it has no rows" });
    const rule = head.replaceAll(/[^|]+/g, "---");
    return {
      pages: [{ number: 1, text: [head, rule, ...rows].join("\n") }],
      format: "csv",
      markup: "markdown",
      engine: "csv",
      engineVersion: "1",
      fallbacks: [],
      ms: performance.now() - startedAt,
    };
  },
};

/** Reads PDF, DOCX, HTML, Markdown, text and CSV. */
export const extractor = createExtractor({ documentTypes: [csv] });
