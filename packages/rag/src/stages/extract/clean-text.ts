/** Makes extracted text safe to store: no control characters, no half characters, one kind of line end. */

/**
 * Line ends of every kind become `\n`; other control characters (NUL among them) and lone surrogates go, `\n` and
 * `\t` stay. Trailing blank space goes too. Idempotent.
 */
export function cleanText(text: string): string {
  const lines = text.replace(/\r\n?|[\v\f\u0085\u2028\u2029]/g, "\n");
  return lines.replace(/[^\P{Cc}\n\t]|\p{Surrogate}/gu, "").trimEnd();
}
