/** A real terminal for tests: a shell in tmux, keys typed into it, and what its screen shows. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import { ensureTool } from "../scripts/services/tools.mjs";

/** Where the terminal's shell runs. */
export interface TerminalOptions {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

const PATIENCE_MS = 60_000;

/** One terminal, on a tmux server of its own. */
export class TmuxTerminal {
  readonly #tmux: string = ensureTool("tmux");
  readonly #socket: string = `millrace-${randomBytes(6).toString("hex")}`;

  constructor({ folder, environment, columns = 130, rows = 24 }: TerminalOptions) {
    const size = ["-x", String(columns), "-y", String(rows)];
    const variables = Object.entries({ ...environment, LC_ALL: "C.UTF-8", PS1: "$ ", HISTFILE: "" });
    const given = variables.map(([name, value]) => `${name}=${value}`);
    const shell = [
      "env",
      "-i",
      `PATH=${process.env.PATH}`,
      `HOME=${folder}`,
      "TERM=screen",
      ...given,
      "bash",
      "--norc",
    ];
    this.#run("-f", "/dev/null", "new-session", "-d", ...size, "-c", folder, ...shell);
  }

  /** Types a line, and Enter. */
  enter(line: string): void {
    this.#run("send-keys", "-l", line);
    this.key("Enter");
  }

  /** Presses one key, by tmux's name for it: `q`, `C-c`, `Enter`. */
  key(name: string): void {
    this.#run("send-keys", name);
  }

  resize(columns: number, rows: number): void {
    this.#run("resize-window", "-x", String(columns), "-y", String(rows));
  }

  /** The lines that are to be seen. */
  screen(): string {
    return this.#run("capture-pane", "-p", "-J");
  }

  /** Waits until the screen shows this. */
  async sees(text: string | RegExp): Promise<void> {
    await expect.poll(() => this.screen(), { timeout: PATIENCE_MS, interval: 50 }).toMatch(text);
  }

  /** Whether a program has taken the whole screen, and whether the cursor is to be seen. */
  state(): { readonly isTaken: boolean; readonly hasCursor: boolean } {
    const [taken, cursor] = this.#run("display-message", "-p", "#{alternate_on} #{cursor_flag}")
      .trim()
      .split(" ");
    return { isTaken: taken === "1", hasCursor: cursor === "1" };
  }

  close(): void {
    this.#run("kill-server");
  }

  #run(...words: readonly string[]): string {
    return execFileSync(this.#tmux, ["-L", this.#socket, ...words], { encoding: "utf8" });
  }
}
