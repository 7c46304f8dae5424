/** What tests of file writers share: attempts of chunks that write, and merges. */
import { type JobId, newId, type RunId, type Token } from "../../model/ids.ts";
import type { WriteContext } from "../contexts.ts";
import type { FileWriter, MergedFile } from "./file-writer.ts";
import { mergeParts } from "./merge-parts.ts";
import { testFolder } from "./reading.fixture.ts";

/** Attempts of chunks that write, and merges, as a store would number them. */
export class Writing<Output> {
  readonly run: RunId = newId<RunId>();
  readonly writer: FileWriter<Output>;
  #fence = 8;

  constructor(writer: FileWriter<Output>) {
    this.writer = writer;
  }

  claim(): Token {
    this.#fence += 1;
    return String(this.#fence) as Token;
  }

  write(chunk: JobId, fence: Token, outputs: ReadonlyMap<number, Output>): Promise<void> {
    const context = { ...this.#at(chunk, fence), positions: [...outputs.keys()] };
    return Promise.resolve(
      this.writer.write([...outputs.values()], context as unknown as WriteContext<unknown, unknown>),
    );
  }

  undo(chunk: JobId, fence: Token, positions: readonly number[]): Promise<void> {
    return Promise.resolve(this.writer.undo?.(positions, this.#at(chunk, fence)));
  }

  /** @param signal asked again and again while the file is written. */
  merge(written: number, signal: AbortSignal = new AbortController().signal): Promise<MergedFile> {
    const ctx = { run: { id: this.run }, signal, fence: this.claim() };
    return mergeParts(
      this.writer as FileWriter<never>,
      "load",
    )({ steps: { load: { written } }, ctx: ctx as never });
  }

  #at(chunk: JobId, fence: Token) {
    return { run: { id: this.run }, chunk, fence, signal: new AbortController().signal };
  }
}

/** Outputs by their positions, from 0. */
export function numbered<Output>(...outputs: Output[]): Map<number, Output> {
  return new Map(outputs.entries());
}

/** Paths of files to be written, in a folder of the test's own. */
export function writtenFiles(): { newPath(ending: string): string; remove(): void } {
  const folder = testFolder();
  let turn = 0;
  const newPath = (ending: string): string => {
    turn += 1;
    return folder.path(`out-${turn}.${ending}`);
  };
  return { newPath, remove: folder.remove };
}
