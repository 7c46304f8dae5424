/** Where the built code of a thread is, also for code that runs from source. */

/**
 * The URL of a thread's program: beside the asking module once both are built. Node cannot run TypeScript in a thread,
 * so code running from `src/` (tests) uses the build in `dist/`: run `npm run build` first.
 */
export function threadEntry(name: string, askingModule: string): URL {
  if (!askingModule.endsWith(".ts")) return new URL(`./${name}.js`, askingModule);
  const at = askingModule.lastIndexOf("/src/");
  return new URL(`${askingModule.slice(0, at)}/dist/${name}.js`);
}
