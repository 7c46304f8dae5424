/** Prints HTML as Markdown: headings, lists, tables, code and words, nothing that only a browser would use. */
import TurndownService from "turndown";
import { engineFailure } from "./engine.ts";
import { addLists, blankText } from "./html-lists.ts";
import { addTables } from "./html-tables.ts";

/** Elements whose text is no text of the document. */
const LEFT_OUT = [
  "script",
  "style",
  "noscript",
  "template",
  "iframe",
  "object",
  "canvas",
  "audio",
  "video",
  "select",
  "textarea",
  "button",
  "nav",
] as const;
/** What a line of a paragraph must not begin with: it would be taken for a heading, a fence or a table. */
const MARKS = /^(\s*)(#{1,6}(?=\s|$)|`{3}|~{3}|\|)/gm;

/** A page of frames has these in the place of its body, and without a body there is no text to look for. */
const FRAMESET = /<(\/?)frameset\b/gi;

/** Lines of white space only. */
const BLANK_LINES = /^[^\S\n]+$/gm;

/** A text as Markdown. Without a heading of the first level, the page's title becomes one. Links keep their words only. */
export function htmlToMarkdown(html: string): string {
  const found = { title: "", hasTop: false };
  const markdown = printed(html, found);
  const isTitled = found.title === "" || found.hasTop;
  return isTitled ? markdown : `# ${found.title}\n\n${markdown}`;
}

/** What the printing comes across. */
interface Found {
  title: string;
  hasTop: boolean;
}

function printed(html: string, found: Found): string {
  try {
    return serviceFor(found).turndown(html.replace(FRAMESET, "<$1div")).replace(BLANK_LINES, "");
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw engineFailure("malformed", "its elements are nested too deeply", error);
  }
}

function serviceFor(found: Found): TurndownService {
  const service = new TurndownService({
    headingStyle: "atx",
    codeBlockStyle: "fenced",
    bulletListMarker: "-",
    emDelimiter: "*",
    blankReplacement: (_content, node) => blankText(node),
  });
  service.escape = (text) => text.replace(MARKS, "$1\\$2");
  service.remove([...LEFT_OUT]);
  service.addRule("title", {
    filter: ["title"],
    replacement: (content) => {
      if (found.title === "") found.title = oneLine(content);
      return "";
    },
  });
  service.addRule("heading", {
    filter: ["h1", "h2", "h3", "h4", "h5", "h6"],
    replacement: (content, { nodeName }) => {
      const level = Number(nodeName.slice(1));
      const text = oneLine(content);
      if (text === "") return "";
      if (level === 1) found.hasTop = true;
      return `\n\n${"#".repeat(level)} ${text}\n\n`;
    },
  });
  service.addRule("link", {
    filter: "a",
    replacement: (content, node) => (isBackLink(node) ? "" : content),
  });
  service.addRule("picture", {
    filter: "img",
    replacement: (_content, node) => oneLine(attributeOf(node, "alt")),
  });
  addLists(service);
  addTables(service);
  // The last one added is asked first.
  service.addRule("hidden", { filter: (node) => isHidden(node), replacement: () => "" });
  return service;
}

/** What a page shows nobody until a script does. */
function isHidden(node: unknown): boolean {
  const element = node as { hasAttribute(name: string): boolean }; // of turndown's DOM, which has no types here
  return element.hasAttribute("hidden") || /display\s*:\s*none/i.test(attributeOf(node, "style"));
}

/** The arrow behind a footnote, back to where it is referred to. */
function isBackLink(node: unknown): boolean {
  return attributeOf(node, "href").startsWith("#footnote-ref");
}

/** Turndown gives elements of a DOM, for which this package has no types. */
function attributeOf(node: unknown, name: string): string {
  const element = node as { getAttribute(name: string): string | null };
  return element.getAttribute(name) ?? "";
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
