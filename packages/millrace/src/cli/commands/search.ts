/** The command `search`: asks a collection a question in words. */
import type { SearchHit } from "@millrace/rag";
import type { Command } from "commander";
import { EXIT } from "../exit-code.ts";
import { type Format, outputOption, wholeNumberFrom } from "../output.ts";
import type { Run } from "../run.ts";
import { marked, snippetOf } from "../search/snippet.ts";
import { type Shell, withHome } from "../shell.ts";
import { nearPath } from "../words.ts";

interface SearchOptions {
  readonly limit: number;
  readonly output: Format;
}

const MAX_HITS = 1_000;

/** Adds the command. */
export function addSearch(program: Command, run: Run): void {
  program
    .command("search")
    .description("find the passages of a collection that are nearest to a text")
    .argument("<collection>", "name of the collection")
    .argument("<text...>", "what to look for")
    .option("-k, --limit <n>", "most answers", wholeNumberFrom(1, MAX_HITS), 5)
    .addOption(outputOption())
    .action((...[collection, text, options, command]: [string, string[], SearchOptions, Command]) =>
      run(command, (shell) => search(shell, { collection, text: text.join(" ") }, options)),
    );
}

async function search(
  shell: Shell,
  query: { readonly collection: string; readonly text: string },
  options: SearchOptions,
): Promise<number> {
  return withHome(shell, { reads: true }, async (home) => {
    const [{ searchCollection }, { embedder }] = await Promise.all([
      import("@millrace/rag"),
      import("../ingest/ingest-tools.ts"),
    ]);
    const notice = await home.collections.prepare();
    if (notice !== undefined) shell.terminal.say("debug", notice);
    const tools = { collections: home.collections, embedder: embedder() };
    const hits = await searchCollection(tools, { ...query, limit: options.limit });
    printHits(shell, { hits, text: query.text, format: options.output });
    return EXIT.ok;
  });
}

/** A hit as data. */
function hitRecord(hit: SearchHit, index: number): object {
  const { source, score, pageStart, pageEnd, headingPath, text, start, end, id } = hit;
  return { rank: index + 1, score, source, pageStart, pageEnd, headingPath, text, start, end, id };
}

function printHits(
  shell: Shell,
  { hits, text, format }: { hits: readonly SearchHit[]; text: string; format: Format },
): void {
  const { terminal } = shell;
  if (format === "json") terminal.print(JSON.stringify(hits.map(hitRecord), null, 2));
  else if (format === "ndjson") for (const hit of hits.map(hitRecord)) terminal.print(JSON.stringify(hit));
  else if (hits.length === 0) terminal.say("info", "the collection holds no passages");
  else terminal.print(hits.map((hit, index) => hitLines(shell, { hit, index, text })).join("\n\n"));
}

function hitLines(
  shell: Shell,
  { hit, index, text }: { hit: SearchHit; index: number; text: string },
): string {
  const { outColours: colours } = shell.terminal;
  const pages = hit.pageStart === hit.pageEnd ? `p. ${hit.pageStart}` : `pp. ${hit.pageStart}–${hit.pageEnd}`;
  const place = `${colours.bold(nearPath(hit.source, shell.folder))}  ${pages}`;
  const rank = `${String(index + 1).padStart(2)}.`;
  const lines = [`${rank} ${colours.dim(hit.score.toFixed(3))}  ${place}`];
  if (hit.headingPath.length > 0) lines.push(`    ${colours.cyan(hit.headingPath.join(" › "))}`);
  const snippet = marked(snippetOf(hit.text, text), (word) => colours.bold(colours.yellow(word)));
  return [...lines, `    ${snippet}`].join("\n");
}
