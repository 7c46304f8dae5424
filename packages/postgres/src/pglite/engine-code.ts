/** PGlite as machine code: compiled by the first thread of a process, lent to the threads after it. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

declare global {
  /** As much of it as is used here; Node's types leave it to the browser's. */
  namespace WebAssembly {
    interface Module {}
    function compile(bytes: Uint8Array): Promise<Module>;
  }
}

/** A compiled WebAssembly module. */
export type EngineCode = WebAssembly.Module;

let lent: EngineCode | undefined;

/** What an earlier thread of this process compiled. */
export function knownCode(): EngineCode | undefined {
  return lent;
}

/** Keeps it for threads to come: compiling is a third of a start, and the optimised functions come with it. */
export function keepCode(code: EngineCode): void {
  lent ??= code;
}

/** Compiles what is installed. */
export async function compileCode(): Promise<EngineCode> {
  const entry = createRequire(import.meta.url).resolve("@electric-sql/pglite");
  return WebAssembly.compile(await readFile(join(dirname(entry), "pglite.wasm")));
}
