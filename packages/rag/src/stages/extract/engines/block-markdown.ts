/** Prints the blocks liteparse finds on a page as Markdown, character for character as liteparse's own Markdown mode does. */
import type { LayoutBlock, LayoutCell } from "@llamaindex/liteparse";

const DEEPEST_HEADING = 6;
const DEEPEST_LIST = 6;
/** Characters looked back over for the hyphen that cuts a word. */
const LONGEST_BREAK = 16;

/** The page's blocks, in their order, as Markdown; the empty string where there is none to print. */
export function blockMarkdown(blocks: readonly LayoutBlock[]): string {
  let printed = "";
  let previous: LayoutBlock | undefined;
  for (const block of blocks) {
    const text = printBlock(block);
    if (text === "") continue;
    if (previous === undefined) printed = text;
    else if (isSplitWord(printed, previous, block)) printed = printed.trimEnd().slice(0, -1) + text;
    else printed += (isTight(previous, block) ? "\n" : "\n\n") + text;
    previous = block;
  }
  return printed;
}

function printBlock(block: LayoutBlock): string {
  switch (block.kind) {
    case "heading":
      return `${"#".repeat(clamp(block.level ?? 1, 1, DEEPEST_HEADING))} ${block.text ?? ""}`;
    case "paragraph":
      return emphasise(block);
    case "list_item":
      return listItem(block);
    case "table":
      return table(block);
    case "code":
      return fenced(block.lines ?? [], block.lang ?? "");
    case "grid_fallback":
      return fenced(block.lines ?? [], "text");
    case "rule":
      return "---";
    case "figure":
      return "";
  }
}

function emphasise({ text = "", bold, italic }: LayoutBlock): string {
  if (text.trim() === "") return text;
  const marks = (bold === true ? "**" : "") + (italic === true ? "*" : "");
  return marks + text + marks;
}

/** An ordered item keeps the marker it has on the page, for `138.` may be what other places refer to. */
function listItem(block: LayoutBlock): string {
  const marker = block.ordered === true ? (block.marker ?? "-") : "-";
  return `${"  ".repeat(clamp(block.level ?? 0, 0, DEEPEST_LIST))}${marker} ${emphasise(block)}`;
}

/** Without a header the first row stands for it, since Markdown knows no table without one. */
function table({ header, rows = [] }: LayoutBlock): string {
  const [head, ...body] = header === undefined ? rows : [header, ...rows];
  if (head === undefined || head.length === 0) return "";
  return [tableRow(head), `|${"---|".repeat(head.length)}`, ...body.map(tableRow)].join("\n");
}

function tableRow(cells: readonly LayoutCell[]): string {
  const texts = cells.map(({ text }) => text.replace(/[\\|]/g, "\\$&").replaceAll("\n", " "));
  return `| ${texts.join(" | ")} |`;
}

function fenced(lines: readonly string[], language: string): string {
  const fence = lines.some((line) => line.includes("```")) ? "~~~" : "```";
  return `${[fence + language, ...lines].join("\n")}\n${fence}`;
}

function isTight(previous: LayoutBlock, block: LayoutBlock): boolean {
  return previous.kind === "list_item" && block.kind === "list_item";
}

/** Whether a word was cut by a hyphen between two paragraphs, which then are one. */
function isSplitWord(printed: string, previous: LayoutBlock, block: LayoutBlock): boolean {
  if (previous.kind !== "paragraph" || block.kind !== "paragraph") return false;
  if (block.bold === true || block.italic === true) return false;
  return /\p{L}-\s*$/u.test(printed.slice(-LONGEST_BREAK)) && /^\s*\p{Ll}/u.test(block.text ?? "");
}

function clamp(value: number, least: number, greatest: number): number {
  return Math.min(greatest, Math.max(least, value));
}
