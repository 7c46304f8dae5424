// Owns how an ingest benchmark's figures read: the table on the terminal and in RESULTS.md.
import { describeMachine, toMarkdown, withSpread } from "../shared/markdown.mjs";
import { ratioTo } from "./bars.mjs";

const COLUMNS = [
  "system",
  "documents",
  "pages",
  "passages",
  "seconds",
  "docs/min",
  "ours ÷ it",
  "pages/s",
  "peak PSS, MB",
];

/** The page of results: what was measured on what, the table, the bars, the plot. */
export function renderResults({ systems, bars, rounds, plot }) {
  return `# Ingest: millrace against LangChain JS

Every system ingests the demo's PDFs from first read to last commit, ${rounds} times, in turn. Medians, with the least
and greatest run in brackets. Memory is the largest sum of PSS over the process tree, sampled every 100 ms in one
more run of each, since sampling takes processor time.
LangChain JS is \`PDFLoader\`, \`RecursiveCharacterTextSplitter\` (1000, 200), the same embedder (hash-lexical-v1)
and \`MemoryVectorStore\`, which keeps nothing; millrace commits to its embedded store on disk. pdf-parse 2 is what
LangChain's documentation installs, and what the bar is held against; \`PDFLoader\` also takes pdf-parse 1, which
wraps the PDF.js of 2018 and is faster.

${describeMachine()}

${renderTable(systems)}

${renderBars(bars)}

![pages per second](${plot})

Made by \`npm run bench:ingest\`.
`;
}

/** The table of all systems as Markdown. */
export function renderTable(systems) {
  const [ours] = systems;
  return toMarkdown(
    COLUMNS,
    systems.map((system) => toRow(system, ratioTo({ ours, peer: system }))),
  );
}

/** The bars and whether they hold, as Markdown. */
export function renderBars(bars) {
  const rows = bars.map(({ what, bar, measured, holds }) => [
    what,
    bar,
    measured,
    holds ? "holds" : "**missed**",
  ]);
  return toMarkdown(["bar", "wanted", "measured", ""], rows);
}

function toRow({ name, report, seconds, docsPerMinute, pagesPerSecond, pssBytes }, ratio) {
  return [
    name,
    report.documents,
    report.pages,
    report.passages,
    withSpread(seconds, 1),
    withSpread(docsPerMinute, 0),
    ratio.toFixed(2),
    withSpread(pagesPerSecond, 0),
    (pssBytes / 1e6).toFixed(0),
  ];
}
