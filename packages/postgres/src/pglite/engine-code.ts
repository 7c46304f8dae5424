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

/** What threads lend each other: compiling is a third of a start, and the optimised functions come with it. */
export class CodeLoan {
  #code: EngineCode | undefined;

  /** What an earlier thread compiled. */
  get code(): EngineCode | undefined {
    return this.#code;
  }

  /** Keeps the first it is given, for threads to come. */
  keep(code: EngineCode): void {
    this.#code ??= code;
  }
}

/** What the threads of this process lend each other. */
export const processLoan: CodeLoan = new CodeLoan();

/** Compiles what is installed. */
export async function compileCode(): Promise<EngineCode> {
  const entry = createRequire(import.meta.url).resolve("@electric-sql/pglite");
  return WebAssembly.compile(await readFile(join(dirname(entry), "pglite.wasm")));
}
