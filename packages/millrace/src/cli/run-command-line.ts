/** Runs one command line: parses it, reads the settings, does the work, tells errors, gives the exit code. */
import { type Command, CommanderError } from "commander";
import { loadSettings } from "../config/settings.ts";
import { LOG_LEVELS, type LogLevel } from "../config/settings-table.ts";
import { errorLines } from "./error-line.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { Interrupted } from "./interrupt.ts";
import { createProgram, type GlobalOptions } from "./program.ts";
import type { Run } from "./run.ts";
import { createTerminal, type Terminal, type TerminalStreams } from "./terminal.ts";

/** What a command line runs in. */
export interface CommandSurroundings {
  readonly streams: TerminalStreams;
  /** The working directory. */
  readonly folder: string;
}

/** The exit code. Never rejects: what goes wrong is told on stderr. */
export async function runCommandLine(words: readonly string[], around: CommandSurroundings): Promise<number> {
  const terminal = createTerminal(around.streams);
  let code: number = EXIT.ok;
  const run: Run = async (command, work) => {
    const options = command.optsWithGlobals<GlobalOptions>();
    terminal.level = levelOf(options) ?? terminal.level;
    const settings = await loadSettings({
      folder: around.folder,
      environment: around.streams.environment,
      flags: { "store.url": options.store, logLevel: levelOf(options) },
      file: options.config,
      profile: options.profile,
    });
    terminal.level = settings.get("logLevel");
    for (const notice of settings.notices) terminal.say("warn", notice);
    code = await work({ terminal, settings, folder: around.folder });
  };
  try {
    await configured(createProgram(run), around).parseAsync([...words], { from: "user" });
    return code;
  } catch (error) {
    terminal.live(undefined);
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    tell(terminal, error);
    return error instanceof Interrupted ? EXIT.interrupted : exitCodeOf(error);
  }
}

function tell(terminal: Terminal, error: unknown): void {
  if (error instanceof Interrupted) terminal.say("warn", error.message);
  else terminal.say("error", errorLines(error, terminal.level === "debug"));
}

function levelOf({ verbose, logLevel }: GlobalOptions): LogLevel | undefined {
  return verbose === true ? "debug" : LOG_LEVELS.find((level) => level === logLevel);
}

/** Commander must neither write nor exit by itself, in any of its commands. */
function configured(program: Command, { streams }: CommandSurroundings): Command {
  for (const command of [program, ...descendants(program)]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      writeErr: (text) => streams.stderr.write(text),
    });
  }
  return program;
}

function descendants(command: Command): readonly Command[] {
  return command.commands.flatMap((child) => [child, ...descendants(child)]);
}
