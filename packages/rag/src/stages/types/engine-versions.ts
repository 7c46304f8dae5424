/** The parsing libraries and the exact releases that text comes from; part of every document's pipeline version. */

/** Of PDFs, the preferred one first. */
export const PDF_ENGINES: Readonly<Record<string, string>> = Object.freeze({
  liteparse: "2.14.7",
  pdfium: "2.1.13",
  unpdf: "1.7.0",
});

/** Of all types. */
export const ENGINE_VERSIONS: Readonly<Record<string, string>> = Object.freeze({
  ...PDF_ENGINES,
  mammoth: "1.13.0",
  turndown: "7.2.5",
});

/** `pdfium@2.1.13`. */
export function engineRelease(engine: string): string {
  return `${engine}@${releaseOf(engine)}`;
}

/** The release of an engine, `unknown` of a test's own. */
export function releaseOf(engine: string): string {
  return ENGINE_VERSIONS[engine] ?? "unknown";
}
