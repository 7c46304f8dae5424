/** The text on a page that stands on its side, which liteparse puts into no block. */
import type { TextItem } from "@llamaindex/liteparse";

/** Degrees that a straight line may be off. */
const STRAIGHT = 1;
const NO_LETTERS = /[^\p{L}\p{N}]+/gu;

/** Lines that are turned and not in the page's Markdown, in their order. */
export function sidewaysText(items: readonly TextItem[], markdown: string): string {
  const turned = items.filter(({ rotation = 0 }) => isTurned(rotation));
  if (turned.length === 0) return "";
  const printed = lettersOf(markdown);
  const lost = turned.filter(({ text }) => !printed.includes(lettersOf(text)));
  return lost.map(({ text }) => text.trim()).join("\n");
}

function isTurned(degrees: number): boolean {
  const full = Math.abs(degrees) % 360;
  return full > STRAIGHT && full < 360 - STRAIGHT;
}

function lettersOf(text: string): string {
  return text.replaceAll(NO_LETTERS, "");
}
