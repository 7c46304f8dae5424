/** Writes the reference page of the command line from its grammar. */
import type { Command } from "commander";
import { type CommandGrammar, grammarOf, type OptionGrammar } from "./grammar.ts";

/** Markdown of docs/reference/cli.md. */
export function cliReferencePage(program: Command): string {
  const [root, ...commands] = grammarOf(program);
  const global = root === undefined ? "" : optionTable(root.options);
  return `${HEAD}\n## Options of every command\n\n${global}\n${commands.map(section).join("\n")}`;
}

const HEAD = `<!-- Generated from packages/millrace/src/cli; \`npx vitest run reference-page -u\` renews it. -->
# Command line

\`npx millrace <command>\`. Data goes to stdout, messages to stderr; \`-o json\` and \`-o ndjson\` give data for programs.
Commands that change many jobs count them first and ask; \`--yes\` does not ask, \`--dry-run\` only counts. Ctrl-C stops
between two pages of work, says what was done, and exits 130. [What the exit codes say](errors.md#exit-codes) ·
[the settings](configuration.md) · \`--help\` after any command shows this page's part of it.

On \`memory:\` there is nothing of other processes to see, so commands that look at a store refuse it. An embedded store
has one user at a time: a command is told who has it and exits 9.
`;

function section(command: CommandGrammar): string {
  const { path, usage, description, commands, options, note } = command;
  const level = path.includes(" ") ? "###" : "##";
  const words = ["millrace", path, ...(commands.length > 0 ? ["<command>"] : [usage])].filter(
    (word) => word !== "",
  );
  const parts = [
    `${level} ${path}`,
    `\`${words.join(" ")}\`: ${description}.`,
    argumentLines(command),
    options.length === 0 ? "" : optionTable(options),
    note,
  ];
  return `${parts
    .filter((part) => part !== "")
    .map((part) => part.trimEnd())
    .join("\n\n")}\n`;
}

function argumentLines({ arguments: all }: CommandGrammar): string {
  return all.map(({ name, description }) => `- \`${name}\`: ${description}`).join("\n");
}

function optionTable(options: readonly OptionGrammar[]): string {
  const rows = options.map((option) => {
    const { flags, description, choices, defaultValue } = option;
    const of = choices.length === 0 ? "" : `: ${choices.map((choice) => `\`${choice}\``).join(", ")}`;
    return `| \`${flags}\` | ${escaped(description)}${of} | ${defaultValue === undefined ? "" : `\`${defaultValue}\``} |`;
  });
  return `| option | meaning | default |\n|---|---|---|\n${rows.join("\n")}\n`;
}

function escaped(text: string): string {
  return text.replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("|", "\\|");
}
