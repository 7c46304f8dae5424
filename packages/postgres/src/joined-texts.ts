/**
 * Many texts as one, a separator between them: PostgreSQL takes ten times as long to write them as JSON, for it looks at
 * each character. `job/enqueue` and `claimed` split and join the same way.
 */

/** U+001E, record separator: JSON holds none unescaped. */
const SEPARATOR = "\x1e";
/** U+001B, before a letter that says what stood here. */
const ESCAPE = "\x1b";

/** Joins them. None may hold U+0000, which PostgreSQL's text cannot. */
export function joinTexts(texts: readonly string[]): string {
  return texts.map(escaped).join(SEPARATOR);
}

/** Splits what was joined; of no texts and of one empty text, the latter. */
export function splitTexts(joined: string): readonly string[] {
  const texts = joined.split(SEPARATOR);
  return joined.includes(ESCAPE) ? texts.map(unescaped) : texts;
}

function escaped(text: string): string {
  if (!(text.includes(SEPARATOR) || text.includes(ESCAPE))) return text;
  return text.replaceAll(ESCAPE, `${ESCAPE}E`).replaceAll(SEPARATOR, `${ESCAPE}R`);
}

function unescaped(text: string): string {
  return text.replaceAll(`${ESCAPE}R`, SEPARATOR).replaceAll(`${ESCAPE}E`, ESCAPE);
}
