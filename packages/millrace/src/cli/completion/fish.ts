/** Completions for fish: a line for each word that may follow. */
import type { CommandGrammar, OptionGrammar } from "../grammar.ts";
import { optionsOf, quoted, valueOptions } from "./words.ts";

/** The script. */
export function fishCompletion(commands: readonly CommandGrammar[]): string {
  const skipped = valueOptions(commands).flatMap(({ names }) => names);
  const paths = commands.map(({ path }) => path).filter((path) => path !== "");
  const lines = commands.flatMap((command) => [
    ...command.commands.map((child) => commandLine(command.path, child)),
    ...optionsOf(commands, command).map((option) => optionLine(command.path, option)),
  ]);
  return `# Completion of millrace for fish: source it, or put it into ~/.config/fish/completions/millrace.fish.
function __millrace_at
    set -l at ''
    set -l skip 0
    for each in (commandline -opc)[2..-1]
        if test $skip -eq 1
            set skip 0
        else if contains -- $each ${skipped.join(" ")}
            set skip 1
        else
            set -l next (string trim -- "$at $each")
            contains -- "$next" ${paths.map(quoted).join(" ")}; and set at "$next"
        end
    end
    test "$at" = "$argv[1]"
end
complete -c millrace -e
${lines.join("\n")}
`;
}

function commandLine(path: string, { name, description }: CommandGrammar["commands"][number]): string {
  return `complete -c millrace -f -n ${condition(path)} -a ${quoted(name)} -d ${quoted(description)}`;
}

function optionLine(path: string, option: OptionGrammar): string {
  const { long, short, description, takesValue, takesPath, choices } = option;
  const words = [`-l ${long.replace(/^--/, "")}`];
  if (short !== undefined) words.push(`-s ${short.replace(/^-/, "")}`);
  if (takesPath) words.push("-r -F");
  else if (takesValue) words.push("-x");
  if (choices.length > 0) words.push(`-a ${quoted(choices.join(" "))}`);
  return `complete -c millrace -n ${condition(path)} ${words.join(" ")} -d ${quoted(description)}`;
}

function condition(path: string): string {
  return quoted(`__millrace_at "${path}"`);
}
