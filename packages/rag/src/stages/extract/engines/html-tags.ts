/** Refuses pages with tags that a parser does not get through: it holds each attribute against all others of its tag. */
import { EngineError } from "./engine.ts";

/** Pages made by programs have some dozens; at so many all of them together cost no more than the rest of a page. */
const MOST_ATTRIBUTES = 1_000;

/** A comment, or the beginning of a tag. */
const OPENING = /<!--[\s\S]*?(?:-->|$)|<([a-z][^\s/>]*)/gi;
/** An attribute; a quote that is never closed goes on to the end. */
const ATTRIBUTE = /[\s/]*=?[^\s/>=]+(?:\s*=\s*(?:"[^"]*(?:"|$)|'[^']*(?:'|$)|[^\s>"'][^\s>]*)?)?/y;
/** Elements in which nothing is a tag but their own end. */
const OF_TEXT: ReadonlySet<string> = new Set(["script", "style", "textarea", "title", "xmp"]);

/** @throws EngineError `too-large` where a tag has more than 1,000 attributes. Takes a time in line with the page. */
export function refuseOvergrownTags(html: string): void {
  OPENING.lastIndex = 0;
  for (let opening = OPENING.exec(html); opening !== null; opening = OPENING.exec(html)) {
    const name = opening[1]?.toLowerCase();
    if (name === undefined) continue;
    const end = endOfAttributes(html, OPENING.lastIndex, name);
    OPENING.lastIndex = OF_TEXT.has(name) ? endOfText(html, end, name) : end;
  }
}

function endOfAttributes(html: string, start: number, name: string): number {
  let end = start;
  ATTRIBUTE.lastIndex = start;
  for (let count = 0; ATTRIBUTE.test(html); count += 1) {
    if (count === MOST_ATTRIBUTES) {
      const shown = name.slice(0, 50);
      throw new EngineError("too-large", `a tag <${shown}> has more than ${MOST_ATTRIBUTES} attributes`);
    }
    end = ATTRIBUTE.lastIndex;
  }
  return end;
}

function endOfText(html: string, start: number, name: string): number {
  const closing = new RegExp(`</${name}`, "gi");
  closing.lastIndex = start;
  return closing.exec(html)?.index ?? html.length;
}
