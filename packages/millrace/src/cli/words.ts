/** Numbers, times and places as people read them. */
import { isAbsolute, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";

/** `1,234`. */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** `12/40`, or `12` while the total is not known. */
export function ofTotal(done: number, total: number | undefined): string {
  return total === undefined ? count(done) : `${count(done)}/${count(total)}`;
}

/** `1 document`, `2 documents`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** `812 MB`. */
export function megabytes(bytes: number): string {
  return `${count(Math.round(bytes / 1_000_000))} MB`;
}

/** `8 s`, `3 min`, `2 h`. */
function span(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1_000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

/** `8–14 s`; one value where both ends read the same. */
export function spanRange(lowMs: number, highMs: number): string {
  const [low, high] = [span(lowMs), span(highMs)];
  if (low === high) return low;
  const [lowNumber, lowUnit] = low.split(" ");
  return lowUnit === high.split(" ")[1] ? `${lowNumber}–${high}` : `${low}–${high}`;
}

/** `2026-07-31 10:43:45`, in the machine's own zone. */
export function localTime(ms: number): string {
  const date = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** A path below the folder as seen from there, any other whole; nothing in it moves a terminal. */
export function nearPath(path: string, folder: string): string {
  const near = relative(folder, path);
  return visible(near === "" || near.startsWith("..") || isAbsolute(near) ? path : near);
}

/** What moves a terminal, or turns the direction in which it writes. */
const UNSEEN = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A text of somebody else's with such characters as JSON escapes them: in one line, and still telling one from another. */
export function visible(text: string): string {
  return text.replaceAll(UNSEEN, (unseen) => {
    const escaped = JSON.stringify(unseen).slice(1, -1);
    const code = unseen.charCodeAt(0).toString(16).padStart(4, "0");
    return escaped === unseen ? `\\u${code}` : escaped;
  });
}

/** A text of somebody else's in one line, without anything a terminal would obey. */
export function printable(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/[\p{Cc}\s]+/gu, " ")
    .trim();
}
