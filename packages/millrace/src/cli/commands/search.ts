/** The command `search`: asks a collection a question in words. */
import type { SearchHit, SearchMode } from "@millrace/rag";
import { type Command, InvalidArgumentError, Option } from "commander";
import { withClient } from "../client.ts";
import { EXIT } from "../exit-code.ts";
import { type Format, outputOption, wholeNumberFrom } from "../output.ts";
import type { Run } from "../run.ts";
import { searchFilter } from "../search/search-filter.ts";
import { marked, snippetOf } from "../search/snippet.ts";
import type { Shell } from "../shell.ts";
import { nearPath } from "../words.ts";

interface SearchOptions {
  readonly mode?: SearchMode;
  readonly filter?: readonly string[];
  readonly minScore?: number;
  readonly limit: number;
  readonly output: Format;
}

const MAX_HITS = 1_000;
const MODES: readonly SearchMode[] = ["vector", "text", "hybrid"];

/** Adds the command. */
export function addSearch(program: Command, run: Run): void {
  program
    .command("search")
    .description("find the passages and items of a collection that fit a text")
    .argument("<collection>", "name of the collection")
    .argument("<text...>", "what to look for")
    .addOption(
      new Option("--mode <mode>", "by vectors, by words, or both fused (default hybrid)").choices(MODES),
    )
    .option(
      "--filter <condition>",
      "only what meets it: key=value, key>=value, key<=value, source^=prefix",
      both,
    )
    .option("--min-score <number>", "leave out what scores less", numberFrom)
    .option("-k, --limit <n>", "most answers", wholeNumberFrom(1, MAX_HITS), 5)
    .addOption(outputOption())
    .addHelpText("after", HELP)
    .action((...[collection, text, options, command]: [string, string[], SearchOptions, Command]) =>
      run(command, (shell) => search(shell, { collection, text: text.join(" ") }, options)),
    );
}

const HELP = `
Words as in a web search: all must occur, or between two, "a phrase", -without; the shell needs quotes around
a text with signs. Several filters must all hold; of one key with several values one must. Their keys are those of the
metadata, and source: the path of a document, the id of an item. Values are texts, numbers, true, false or null; "7" in double quotes is a text.
By vectors asks the model that the collection was embedded with, which the configuration must know (models.<name>).`;

/** Values of an option that may be repeated. */
function both(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function numberFrom(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw new InvalidArgumentError("It takes a number.");
}

async function search(
  shell: Shell,
  query: { readonly collection: string; readonly text: string },
  options: SearchOptions,
): Promise<number> {
  const filter = searchFilter(options.filter ?? [], shell.folder);
  return withClient(shell, { reads: true }, async ({ mr, home }) => {
    const { searchCollection } = await import("@millrace/rag");
    const { collectionEmbedder } = await import("../search/collection-embedder.ts");
    const notice = await home.collections.prepare();
    if (notice !== undefined) shell.terminal.say("debug", notice);
    const { mode, minScore, limit } = options;
    const { embedder, close } = await collectionEmbedder(shell, home, { ...query, holds: mr.limits });
    try {
      const tools = { collections: home.collections, embedder };
      const hits = await searchCollection(tools, { ...query, mode, minScore, limit, filter });
      printHits(shell, { hits, text: query.text, format: options.output });
      return EXIT.ok;
    } finally {
      await close();
    }
  });
}

/** A hit as data. */
function hitRecord(hit: SearchHit, index: number): object {
  const { source, score, scores, text, id, metadata } = hit;
  const rank = index + 1;
  if (hit.kind === "item") return { rank, score, source, text, id, scores, metadata };
  const { pageStart, pageEnd, headingPath, start, end } = hit;
  return { rank, score, source, pageStart, pageEnd, headingPath, text, start, end, id, scores, metadata };
}

function printHits(
  shell: Shell,
  { hits, text, format }: { hits: readonly SearchHit[]; text: string; format: Format },
): void {
  const { terminal } = shell;
  if (format === "json") terminal.print(JSON.stringify(hits.map(hitRecord), null, 2));
  else if (format === "ndjson") for (const hit of hits.map(hitRecord)) terminal.print(JSON.stringify(hit));
  else if (hits.length === 0) terminal.say("info", "nothing in the collection fits");
  else terminal.print(hits.map((hit, index) => hitLines(shell, { hit, index, text })).join("\n\n"));
}

function hitLines(
  shell: Shell,
  { hit, index, text }: { hit: SearchHit; index: number; text: string },
): string {
  const { outColours: colours } = shell.terminal;
  const rank = `${String(index + 1).padStart(2)}.`;
  const lines = [`${rank} ${colours.dim(hit.score.toFixed(3))}  ${placeOf(shell, hit)}`];
  if (hit.kind === "passage" && hit.headingPath.length > 0)
    lines.push(`    ${colours.cyan(hit.headingPath.join(" › "))}`);
  if (hit.text === "") return lines.join("\n");
  const snippet = marked(snippetOf(hit.text, text), (word) => colours.bold(colours.yellow(word)));
  return [...lines, `    ${snippet}`].join("\n");
}

function placeOf(shell: Shell, hit: SearchHit): string {
  const { bold } = shell.terminal.outColours;
  if (hit.kind === "item") return bold(hit.id);
  const pages = hit.pageStart === hit.pageEnd ? `p. ${hit.pageStart}` : `pp. ${hit.pageStart}–${hit.pageEnd}`;
  return `${bold(nearPath(hit.source, shell.folder))}  ${pages}`;
}
