/** Prints tables of HTML as tables of Markdown: one line a row, so that a splitter can cut between rows. */
import type TurndownService from "turndown";

/** An element of turndown's DOM, as far as tables ask. */
interface Element {
  readonly nodeName: string;
  readonly parentNode: Element | null;
  getAttribute(name: string): string | null;
  getElementsByTagName(name: string): { readonly length: number };
}

/** A cell that spans more columns than this is taken for one of so many: a page may claim any number. */
const MOST_SPAN = 50;
/** What no cell of data holds: a table with one of these is there to lay a page out. */
const OF_LAYOUTS = ["table", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "pre"] as const;
/** Begins the line of a caption until its table is printed; no text holds it, for control characters go before. */
const CAPTION = "\u0001";

/**
 * Adds the rules. The first row stands for the header where a table has none, since Markdown knows none without. What a
 * table that lays a page out holds is printed as if there were none.
 */
export function addTables(service: TurndownService): void {
  const layouts = new WeakMap<Element, boolean>();
  const isLayout = (node: Element): boolean => {
    const table = tableOf(node);
    if (table === undefined) return true;
    const known = layouts.get(table) ?? laysOut(table);
    layouts.set(table, known);
    return known;
  };
  const add = (name: string, filter: TurndownService.TagName[], print: Print): void => {
    service.addRule(name, {
      filter,
      replacement: (content, node) => {
        const element = node as unknown as Element; // of turndown's DOM, for which this package has no types
        return isLayout(element) ? `\n\n${content.trim()}\n\n` : print(content, element);
      },
    });
  };
  add("cell", ["th", "td"], cell);
  add("row", ["tr"], (content) => (content.trim() === "" ? "" : `|${content}\n`));
  add("section", ["thead", "tbody", "tfoot"], (content) => content);
  add("caption", ["caption"], (content) => `${CAPTION}${oneLine(content)}\n`);
  add("table", ["table"], table);
}

type Print = (content: string, node: Element) => string;

function tableOf(node: Element): Element | undefined {
  for (let at: Element | null = node; at !== null; at = at.parentNode) if (at.nodeName === "TABLE") return at;
  return undefined;
}

function laysOut(table: Element): boolean {
  const role = table.getAttribute("role");
  if (role === "presentation" || role === "none") return true;
  return OF_LAYOUTS.some((name) => table.getElementsByTagName(name).length > 0);
}

function cell(content: string, node: Element): string {
  const span = Number(node.getAttribute("colspan") ?? 1);
  const columns = Number.isInteger(span) ? Math.min(Math.max(span, 1), MOST_SPAN) : 1;
  const text = oneLine(content).replace(/\\?\|/g, "\\|");
  return ` ${text} |${"  |".repeat(columns - 1)}`;
}

function table(content: string): string {
  const lines = content.split("\n");
  const captions = lines.filter((line) => line.startsWith(CAPTION)).map((line) => line.slice(CAPTION.length));
  const [head, ...rows] = lines.filter((line) => line.startsWith("|"));
  if (head === undefined) return `\n\n${captions.join("\n")}\n\n`;
  const columns = Math.max(...[head, ...rows].map(columnsOf));
  const grid = [head, `|${"---|".repeat(columns)}`, ...rows].join("\n");
  return `\n\n${[...captions, grid].join("\n\n")}\n\n`;
}

function columnsOf(line: string): number {
  return (line.match(/(?<!\\)\|/g)?.length ?? 1) - 1;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
