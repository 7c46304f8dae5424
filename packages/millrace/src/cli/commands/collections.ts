/** The commands `collections ls|show|index|swap|rm`. */
import { MillraceError } from "@millrace/core";
import type { Collection } from "@millrace/rag";
import { type Command, Option } from "commander";
import { confirmed } from "../confirm.ts";
import { EXIT } from "../exit-code.ts";
import { type Format, outputOption, printList, printRecord } from "../output.ts";
import type { Run } from "../run.ts";
import { type OpenHome, type Shell, withHome } from "../shell.ts";
import type { Column } from "../table.ts";
import { count, counted, localTime } from "../words.ts";
import { printDocuments } from "./collection-documents.ts";

interface SwapOptions {
  readonly to?: string;
  readonly abandon?: boolean;
  readonly yes?: boolean;
  readonly quiet?: boolean;
  readonly output: Format;
}

interface RemoveOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

interface ShowOptions {
  readonly output: Format;
  readonly documents?: boolean;
}

/** Adds the commands. */
export function addCollections(program: Command, run: Run): void {
  const group = program.command("collections").description("look at collections, index and remove them");
  group
    .command("ls")
    .description("list the collections of the store")
    .addOption(outputOption())
    .action((options: { output: Format }, command: Command) =>
      run(command, (shell) => list(shell, options.output)),
    );
  group
    .command("show")
    .description("show one collection")
    .argument("<name>", "name of the collection")
    .option("--documents", "its documents instead, each with how it was made")
    .addOption(outputOption())
    .action((name: string, options: ShowOptions, command: Command) =>
      run(command, (shell) => show(shell, name, options)),
    );
  group
    .command("index")
    .description("build what makes searches of a large collection fast, while it is in use")
    .argument("<name>", "name of the collection")
    .action((name: string, _options: object, command: Command) =>
      run(command, (shell) => index(shell, name)),
    );
  addSwap(group, run);
  group
    .command("rm")
    .description("remove a collection with all it holds")
    .argument("<name>", "name of the collection")
    .option("--yes", "do not ask")
    .option("--dry-run", "only say what would be removed")
    .action((name: string, options: RemoveOptions, command: Command) =>
      run(command, (shell) => remove(shell, name, options)),
    );
}

function addSwap(group: Command, run: Run): void {
  group
    .command("swap")
    .description(
      "have another model take over a collection, from the texts that are kept; or show how far that is",
    )
    .argument("<name>", "name of the collection")
    .option(
      "--to <model>",
      "begin, or go on: a model of the configuration (models.<name>), or hash-lexical-v1",
    )
    .addOption(new Option("--abandon", "drop the new version; the collection stays as it is").conflicts("to"))
    .option("--yes", "do not ask before --abandon")
    .option("-q, --quiet", "no progress, only warnings and errors")
    .addOption(outputOption())
    .addHelpText("after", SWAP_HELP)
    .action((name: string, { to, ...options }: SwapOptions, command: Command) =>
      run(command, async (shell) => {
        if (to === undefined) return swap(shell, name, options);
        const { swapCollection } = await import("../search/swap-collection.ts");
        return swapCollection(shell, name, { ...options, to });
      }),
    );
}

const SWAP_HELP = `
Searches and writes go on in the old vectors until the new ones take their place in one step. An interrupted swap goes on where it
stopped: run the same command again. Exit codes of --to: 0 switched, 5 some texts failed and nothing changed, 4 the run failed,
9 another swap is under way or the model is the same, 130 interrupted.`;

const COLUMNS: readonly Column<Collection>[] = [
  { title: "collection", cell: ({ name }) => name },
  { title: "documents", align: "right", cell: ({ documents }) => count(documents) },
  { title: "pages", align: "right", cell: ({ pages }) => count(pages) },
  { title: "passages", align: "right", cell: ({ passages }) => count(passages) },
  { title: "items", align: "right", cell: ({ items }) => count(items) },
  { title: "model", cell: ({ model }) => model },
  { title: "dimensions", align: "right", cell: ({ dimensions }) => String(dimensions) },
  { title: "language", cell: ({ language }) => language },
  { title: "created", cell: ({ createdAtMs }) => localTime(createdAtMs) },
];

async function list(shell: Shell, format: Format): Promise<number> {
  return withCollections(shell, async ({ collections }) => {
    const rows = await collections.list();
    const empty = 'there are no collections yet: run "millrace ingest <paths…>"';
    if (format === "table") printList(shell.terminal, format, { columns: COLUMNS, rows, empty });
    else printList(shell.terminal, format, { columns: [], rows: rows.map(collectionRecord), empty });
    return EXIT.ok;
  });
}

async function show(shell: Shell, name: string, { output: format, documents }: ShowOptions): Promise<number> {
  return withCollections(shell, async (home) => {
    const collection = await find(home, name);
    if (documents === true) {
      const { collections } = home;
      await printDocuments(shell, { collections, name, format });
      return EXIT.ok;
    }
    const swap = await home.collections.swaps.swapOf(name);
    const lines = COLUMNS.map(({ title, cell }) => `${title.padEnd(12)}${cell(collection)}`);
    if (swap !== undefined) lines.push(`${"swap".padEnd(12)}${swapWords(collection, swap)}`);
    const value = {
      ...collectionRecord(collection),
      ...(swap === undefined ? {} : { swap: swapRecord(swap) }),
    };
    printRecord(shell.terminal, format, { value, lines });
    return EXIT.ok;
  });
}

async function swap(shell: Shell, name: string, options: Omit<SwapOptions, "to">): Promise<number> {
  return withCollections(shell, async (home) => {
    const collection = await find(home, name);
    const { swaps } = home.collections;
    const begun = await swaps.swapOf(name);
    if (begun === undefined)
      throw new MillraceError("not-found", `no swap of collection "${name}" is under way`);
    const what = swapWords(collection, begun);
    if (options.abandon !== true) {
      printRecord(shell.terminal, options.output, { value: swapRecord(begun), lines: [what] });
      return EXIT.ok;
    }
    const question = `abandon the swap of collection "${name}" (${what})?`;
    if (options.yes !== true && !(await confirmed(shell.terminal, question))) return EXIT.error;
    await swaps.abandonSwap(name);
    shell.terminal.say("info", `abandoned: collection "${name}" stays as it is`);
    return EXIT.ok;
  });
}

function swapWords(old: Collection, now: Collection): string {
  const done = `${count(now.documents)} of ${counted(old.documents, "document")}`;
  const items = old.items === 0 ? "" : `, ${count(now.items)} of ${counted(old.items, "item")}`;
  return `to ${now.model} (${now.dimensions} dimensions): ${done}${items}, begun ${localTime(now.createdAtMs)}`;
}

/** A new version as data; its own name is nobody's business. */
function swapRecord({ name: _, createdAtMs, ...rest }: Collection): object {
  return { ...rest, startedAt: new Date(createdAtMs).toISOString() };
}

async function index(shell: Shell, name: string): Promise<number> {
  return withCollections(shell, async (home) => {
    await find(home, name);
    const built = await home.collections.buildIndexes(name);
    shell.terminal.print(built.length === 0 ? "nothing to build" : `built ${built.join(", ")}`);
    return EXIT.ok;
  });
}

async function remove(shell: Shell, name: string, options: RemoveOptions): Promise<number> {
  return withCollections(shell, async (home) => {
    const { documents, passages, items } = await find(home, name);
    const more = items === 0 ? "" : ` and ${counted(items, "item")}`;
    const what = `collection "${name}" with ${counted(documents, "document")} and ${counted(passages, "passage")}${more}`;
    if (options.dryRun === true) {
      shell.terminal.print(`would remove ${what}`);
      return EXIT.ok;
    }
    if (options.yes !== true && !(await confirmed(shell.terminal, `remove ${what}?`))) return EXIT.error;
    await home.collections.remove(name);
    await home.extractions.clean({ keepMs: 0 });
    shell.terminal.say("info", `removed ${what}`);
    return EXIT.ok;
  });
}

function withCollections(shell: Shell, work: (home: OpenHome) => Promise<number>): Promise<number> {
  return withHome(shell, { reads: true }, async (home) => {
    await home.collections.prepare();
    return work(home);
  });
}

async function find({ collections }: OpenHome, name: string): Promise<Collection> {
  const collection = await collections.get(name);
  if (collection !== undefined) return collection;
  throw new MillraceError("not-found", `there is no collection "${name}": see "millrace collections ls"`);
}

/** A collection as data: instants in ISO 8601. */
function collectionRecord({ createdAtMs, ...rest }: Collection): object {
  return { ...rest, createdAt: new Date(createdAtMs).toISOString() };
}
