/** Our Markdown of liteparse's blocks is liteparse's own, on a page that holds every kind of block. */
import { type LayoutBlock, LiteParse, type LiteParseConfig, type TextItem } from "@llamaindex/liteparse";
import { describe, expect, test } from "vitest";
import { blockMarkdown } from "./block-markdown.ts";

const SETTINGS: Partial<LiteParseConfig> = {
  outputFormat: "markdown",
  extractBlocks: true,
  ocrEnabled: false,
  imageMode: "off",
  quiet: true,
};

interface Line {
  /** One text, or the cells of a table's row. */
  readonly text: string | readonly string[];
  readonly size?: number;
  readonly font?: string;
  readonly indent?: number;
  /** Points from this line's top to the next one's. */
  readonly height?: number;
}

/** What liteparse makes of a page of lines: its blocks, and the Markdown it prints of them itself. */
function pageOf(lines: readonly Line[]) {
  let top = 40;
  const textItems: TextItem[] = [];
  for (const { text, size = 11, font = "Times-Roman", indent = 0, height = 14 } of lines) {
    const cells = typeof text === "string" ? [text] : text;
    for (const [column, cell] of cells.entries()) {
      const box = { x: 72 + indent + column * 150, y: top, width: cell.length * size * 0.5, height: size };
      textItems.push({ ...box, text: cell, fontName: font, fontSize: size, words: [] });
    }
    top += height;
  }
  const parser = new LiteParse(SETTINGS);
  const [page] = parser.parsePages([{ pageNumber: 1, pageWidth: 612, pageHeight: 792, textItems }]).pages;
  if (page?.blocks === undefined) throw new Error("liteparse gave no blocks");
  return { blocks: page.blocks, markdown: page.markdown };
}

const PAGE: readonly Line[] = [
  { text: "Growing trees", size: 24, height: 44 },
  { text: "Plant in the autumn, before the ground is hard, and water the young", height: 13 },
  { text: "trees through their first two summers, or they will be lost to the dry win-", height: 13 },
  { text: "ter winds and the *deer* of the_hills.", height: 30 },
  { text: "• Alder grows by water and needs no care at all." },
  { text: "• Birch grows anywhere, even on thin soil." },
  { text: "1. First dig a hole." },
  { text: "2. Then plant the tree.", height: 40 },
  { text: ["Tree", "Height", "Soil"], size: 10, height: 16 },
  { text: ["alder", "20 m", "wet"], size: 10, height: 16 },
  { text: ["birch", "25 m", "a|b \\n"], size: 10, height: 16 },
  { text: ["cedar", "40 m", "deep"], size: 10, height: 56 },
  { text: "for (const tree of trees) {", font: "Courier", height: 12 },
  { text: "plant(tree);", font: "Courier", indent: 12, height: 12 },
  { text: "}", font: "Courier", height: 30 },
  { text: "All of it bold.", font: "Times-Bold", height: 30 },
  { text: "All of it slanted.", font: "Times-Italic", height: 30 },
];

describe("blocks as Markdown", () => {
  test("are what liteparse prints itself", () => {
    const { blocks, markdown } = pageOf(PAGE);
    const kinds = new Set(blocks.map(({ kind }) => kind));
    expect(kinds).toEqual(new Set(["heading", "paragraph", "list_item", "table", "code"]));
    expect(blockMarkdown(blocks)).toBe(markdown);
  });

  test("join a word that a hyphen cut between two paragraphs", () => {
    const cut: LayoutBlock[] = [
      { kind: "paragraph", text: "they dis-" },
      { kind: "paragraph", text: "lodged it" },
    ];
    expect(blockMarkdown(cut)).toBe("they dislodged it");
    const compound: LayoutBlock[] = [
      { kind: "paragraph", text: "the well-" },
      { kind: "paragraph", text: "Known fact" },
    ];
    expect(blockMarkdown(compound)).toBe("the well-\n\nKnown fact");
  });

  test("keep code that holds a fence in a fence of another kind", () => {
    const markdown = blockMarkdown([{ kind: "code", lines: ["```sh", "ls", "```"], lang: "markdown" }]);
    expect(markdown).toBe("~~~markdown\n```sh\nls\n```\n~~~");
  });

  test("print a region without clear columns as it stands, and rules between blocks", () => {
    const blocks: LayoutBlock[] = [{ kind: "grid_fallback", lines: ["a   b", "  c"] }, { kind: "rule" }];
    expect(blockMarkdown(blocks)).toBe("```text\na   b\n  c\n```\n\n---");
  });

  test("leave pictures and empty tables out without a gap", () => {
    const blocks: LayoutBlock[] = [
      { kind: "paragraph", text: "above" },
      { kind: "figure", id: "p1_0", format: "png" },
      { kind: "table", rows: [] },
      { kind: "paragraph", text: "below" },
    ];
    expect(blockMarkdown(blocks)).toBe("above\n\nbelow");
    expect(blockMarkdown([])).toBe("");
  });
});
