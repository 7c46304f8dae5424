/** The built command line in child processes: run it, watch it, interrupt it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../packages/millrace/bin/millrace.js", import.meta.url));

/** Two chunks at a time: an ingest that is stopped after the first ones has others before it. */
export const TWO_AT_A_TIME = { MILLRACE_WORKER_CONCURRENCY: "2" };

/** Where a command runs. */
export interface CommandOptions {
  readonly folder: string;
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** What it reads on stdin; nothing where left out. `open`: what the test writes. */
  readonly input?: string | "open" | undefined;
  /** Words before the program: a command that runs it with fewer rights. */
  readonly through?: readonly string[] | undefined;
}

/** What a command did. */
export interface CommandResult {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A command that runs. */
export interface RunningCommand {
  readonly process: ChildProcess;
  readonly ended: Promise<CommandResult>;
  /** Lines of stdout so far. */
  readonly lines: readonly string[];
}

/** Starts `millrace` with an environment of its own. */
export function start(words: readonly string[], options: CommandOptions): RunningCommand {
  const [command = "", ...rest] = [...(options.through ?? []), process.execPath, PROGRAM, ...words];
  const child = spawn(command, rest, {
    cwd: options.folder,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...options.environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => undefined); // it may end before it has read all
  if (options.input !== "open") child.stdin.end(options.input ?? "");
  const lines: string[] = [];
  let err = "";
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  child.stderr.on("data", (text) => {
    err += String(text);
  });
  const ended = once(child, "close").then(([code]) => ({ code, out: lines.join("\n"), err }));
  return { process: child, ended, lines };
}

/** Runs `millrace` to its end. */
export function millrace(words: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return start(words, options).ended;
}

/** Writes files with these contents below a folder. */
export function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}

/** A Markdown text of some passages, different for every number. */
export function essay(number: number, paragraphs = 20): string {
  const words = (paragraph: number): string =>
    Array.from(
      { length: 60 },
      (_, word) => `w${(number * 7_919 + paragraph * 104_729 + word * 31) % 5_000}`,
    ).join(" ");
  const body = Array.from(
    { length: paragraphs },
    (_, paragraph) => `## Part ${paragraph}\n\n${words(paragraph)}.`,
  );
  return `# Essay ${number}\n\n${body.join("\n\n")}\n`;
}
