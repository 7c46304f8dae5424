/** What completions offer, the same in every shell. */
import type { CommandGrammar, OptionGrammar } from "../grammar.ts";

/** Options of a value, which is a word of the line but none of the grammar. */
export interface ValueOption {
  /** `--output`, `-o`. */
  readonly names: readonly string[];
  readonly option: OptionGrammar;
}

/** Those of a command, its own and the program's. */
export function optionsOf(
  commands: readonly CommandGrammar[],
  command: CommandGrammar,
): readonly OptionGrammar[] {
  const [program] = commands;
  const global = program === undefined || program === command ? [] : program.options;
  return [...command.options, ...global];
}

/** Every option that takes a value, by its names, once. */
export function valueOptions(commands: readonly CommandGrammar[]): readonly ValueOption[] {
  const byName = new Map(commands.flatMap(({ options }) => options).map((option) => [option.long, option]));
  return [...byName.values()]
    .filter(({ takesValue }) => takesValue)
    .map((option) => ({ names: namesOf(option), option }));
}

/** What an option is called. */
export function namesOf({ long, short }: OptionGrammar): readonly string[] {
  return short === undefined ? [long] : [long, short];
}

/** Quoted for bash, zsh and fish alike. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
