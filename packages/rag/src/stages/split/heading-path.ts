/** Follows the headings of a document and says which of them a place stands under. */
import { trimSpaceEnd, unitsAt } from "./character-class.ts";

/** Longest heading kept in a path, in UTF-16 units: each passage below carries it. */
const MAX_HEADING_UNITS = 200;

interface Heading {
  readonly level: number;
  readonly title: string;
}

/** The open headings of one document, carried from page to page. */
export class HeadingPath {
  #open: readonly Heading[] = [];
  #titles: readonly string[] = [];

  /** Titles from the outermost heading inwards (0…6). The array never changes afterwards. */
  get titles(): readonly string[] {
    return this.#titles;
  }

  /** Enters a heading: it closes those of its own level and below. */
  enter(level: number, source: string): void {
    const title = headingTitle(source);
    if (title === "") return;
    this.#open = [...this.#open.filter((heading) => heading.level < level), { level, title }];
    this.#titles = Object.freeze(this.#open.map((heading) => heading.title));
  }
}

/** The words of a heading: first line, without `#` marks and without emphasis or code marks around the whole. */
function headingTitle(source: string): string {
  const [line = ""] = clip(source, MAX_HEADING_UNITS * 2).split("\n", 1);
  const bare = line
    .trim()
    .replace(/^#{1,6}(?=\s|$)/, "")
    .replace(/(?:^|\s)#+\s*$/, "")
    .trim();
  const plain = /^(\*\*|__|\*|_|`)(.*)\1$/.exec(bare)?.[2]?.trim() ?? bare;
  return clip(plain, MAX_HEADING_UNITS).replace(/\s+/g, " ").trim();
}

function clip(text: string, maxUnits: number): string {
  if (text.length <= maxUnits) return text;
  const end = unitsAt(text, maxUnits - 1, text.length) === 2 ? maxUnits - 1 : maxUnits;
  return text.slice(0, trimSpaceEnd(text, 0, end));
}
