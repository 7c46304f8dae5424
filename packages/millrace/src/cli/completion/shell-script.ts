/** Completions for bash and zsh: the same walk over the words before, in the dialect of each. */
import type { CommandGrammar } from "../grammar.ts";
import { namesOf, optionsOf, quoted, valueOptions } from "./words.ts";

/** How a shell says things. */
interface Dialect {
  readonly head: string;
  readonly tail: string;
  /** A branch of a case, and what it offers. */
  branch(patterns: readonly string[], body: string): string;
  offer(words: readonly string[]): string;
  readonly offerFiles: string;
}

const BASH: Dialect = {
  head: `# Completion of millrace for bash: source it, or put it where bash-completion looks.
_millrace() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD - 1]}" at="" each i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    each="\${COMP_WORDS[i]}"`,
  tail: `}
complete -o default -F _millrace millrace`,
  branch: (patterns, body) => `${patterns.join(" | ")}) ${body} ;;`,
  offer: (words) => `COMPREPLY=($(compgen -W ${quoted(words.join(" "))} -- "$word"))`,
  offerFiles: `COMPREPLY=($(compgen -f -- "$word"))`,
};

const ZSH: Dialect = {
  head: `#compdef millrace
# Completion of millrace for zsh: source it after compinit, or put it on fpath as _millrace.
_millrace() {
  local before="\${words[CURRENT - 1]}" at="" each
  integer i
  for ((i = 2; i < CURRENT; i++)); do
    each="\${words[i]}"`,
  tail: `}
if [ "$funcstack[1]" = "_millrace" ]; then _millrace "$@"; else compdef _millrace millrace; fi`,
  branch: (patterns, body) => `(${patterns.join("|")}) ${body} ;;`,
  offer: (words) => `compadd -- ${words.map(quoted).join(" ")}`,
  offerFiles: "_files",
};

/** Goes down one command. */
const APPEND = `at="\${at:+$at }$each"`;

/** The script for bash. */
export function bashCompletion(commands: readonly CommandGrammar[]): string {
  return script(BASH, commands);
}

/** The script for zsh. */
export function zshCompletion(commands: readonly CommandGrammar[]): string {
  return script(ZSH, commands);
}

function script(shell: Dialect, commands: readonly CommandGrammar[]): string {
  const skipped = valueOptions(commands).flatMap(({ names }) => names);
  const paths = commands.map(({ path }) => path).filter((path) => path !== "");
  return `${shell.head}
    case "$each" in
      ${shell.branch(skipped, "i=$((i + 1)); continue")}
    esac
    case "\${at:+$at }$each" in
      ${shell.branch(paths.map(quoted), APPEND)}
    esac
  done
  case "$at:$before" in
${valueBranches(shell, commands).join("\n")}
    ${shell.branch(
      skipped.map((name) => `*:${name}`),
      "return",
    )}
  esac
  case "$at" in
${commands.map((command) => wordBranch(shell, commands, command)).join("\n")}
  esac
${shell.tail}
`;
}

/** Options whose values are known, or are files, command by command. */
function valueBranches(shell: Dialect, commands: readonly CommandGrammar[]): readonly string[] {
  return commands.flatMap((command) =>
    optionsOf(commands, command).flatMap((option) => {
      const { choices, takesPath } = option;
      if (choices.length === 0 && !takesPath) return [];
      const patterns = namesOf(option).map((name) => quoted(`${command.path}:${name}`));
      return [
        `    ${shell.branch(patterns, `${takesPath ? shell.offerFiles : shell.offer(choices)}; return`)}`,
      ];
    }),
  );
}

/** Commands below, then options; files where the command takes paths. */
function wordBranch(shell: Dialect, commands: readonly CommandGrammar[], command: CommandGrammar): string {
  const options = optionsOf(commands, command).map(({ long }) => long);
  const words = [...command.commands.map(({ name }) => name), ...options, "--help"];
  const files = takesPaths(command) && shell === ZSH ? `; ${shell.offerFiles}` : ""; // bash falls back to files by itself
  return `    ${shell.branch([quoted(command.path)], `${shell.offer(words)}${files}`)}`;
}

function takesPaths({ usage }: CommandGrammar): boolean {
  return /path/.test(usage);
}
