/** Progress bars, in signs that the terminal can show. */

/** Signs the bar is drawn with. */
export interface BarSigns {
  readonly full: string;
  readonly empty: string;
}

/** A bar of `width` signs; `share` is 0 to 1. */
export function bar(share: number, width: number, signs: BarSigns): string {
  const full = Math.floor(share * width);
  return signs.full.repeat(full) + signs.empty.repeat(width - full);
}

/** Blocks where the locale is UTF-8, else signs every terminal has. */
export function barSigns(environment: Readonly<Record<string, string | undefined>>): BarSigns {
  const { LC_ALL, LC_CTYPE, LANG, TERM } = environment;
  const locale = LC_ALL || LC_CTYPE || LANG || "";
  const isPlain = TERM === "linux" || !/utf-?8/i.test(locale);
  return isPlain ? { full: "#", empty: "-" } : { full: "█", empty: "░" };
}
