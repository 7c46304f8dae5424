/** Where the built code of a thread is, also for code that runs from source. */

/**
 * The URL of a thread's entry beside the asking module. Node cannot run TypeScript in a thread, so code running from
 * `src/` (tests) uses the build in `dist/`: run `tsc -b` first.
 */
export function threadEntry(name: string, askingModule: string): URL {
  const entry = new URL(`./${name}.js`, askingModule);
  if (!askingModule.endsWith(".ts")) return entry;
  const at = entry.href.lastIndexOf("/src/");
  return new URL(`${entry.href.slice(0, at)}/dist/${entry.href.slice(at + "/src/".length)}`);
}
