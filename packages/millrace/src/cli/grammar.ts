/** The command line's grammar as data, for what is made of it: completions and the reference page. */
import type { EventEmitter } from "node:events";
import type { Command, Option } from "commander";

/** A command, or a group of commands. */
export interface CommandGrammar {
  /** Its words after the program's name; empty for the program itself. */
  readonly path: string;
  readonly description: string;
  /** How its arguments are written: `<id>`, `[ids...]`. */
  readonly usage: string;
  readonly arguments: readonly { readonly name: string; readonly description: string }[];
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly OptionGrammar[];
  /** What its help says at the end. */
  readonly note: string;
}

/** An option. */
export interface OptionGrammar {
  /** As help shows it: `-o, --output <format>`. */
  readonly flags: string;
  readonly long: string;
  readonly short: string | undefined;
  readonly description: string;
  readonly takesValue: boolean;
  readonly takesPath: boolean;
  readonly choices: readonly string[];
  readonly defaultValue: string | undefined;
}

/** The program, its groups and all their commands, each before its own. */
export function grammarOf(program: Command): readonly CommandGrammar[] {
  return commandsBelow(program, "");
}

function commandsBelow(command: Command, path: string): readonly CommandGrammar[] {
  const below = command.commands.flatMap((child) => commandsBelow(child, `${path} ${child.name()}`.trim()));
  return [commandGrammar(command, path), ...below];
}

function commandGrammar(command: Command, path: string): CommandGrammar {
  const { registeredArguments, commands, options } = command;
  return {
    path,
    description: command.description(),
    usage: registeredArguments.map(argumentWord).join(" "),
    arguments: registeredArguments.map((each) => ({
      name: argumentWord(each),
      description: each.description,
    })),
    commands: commands.map((child) => ({ name: child.name(), description: child.description() })),
    options: options.map(optionGrammar),
    note: noteOf(command),
  };
}

function argumentWord(argument: Command["registeredArguments"][number]): string {
  const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

function optionGrammar(option: Option): OptionGrammar {
  const { flags, long, short, description, argChoices, defaultValue, negate } = option;
  const hasDefault = defaultValue !== undefined && !negate;
  return {
    flags,
    long: long ?? flags,
    short,
    description,
    takesValue: option.required || option.optional,
    takesPath: /<(path|file)>/.test(flags),
    choices: argChoices ?? [],
    defaultValue: hasDefault ? String(defaultValue) : undefined,
  };
}

/** Commander keeps what `addHelpText` was given in listeners alone. */
function noteOf(command: Command): string {
  const texts: string[] = [];
  const events = command as unknown as EventEmitter; // its types leave out what it extends
  events.emit("afterHelp", { error: false, command, write: (text: string) => texts.push(text) });
  return texts.join("").trim();
}
