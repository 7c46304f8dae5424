/** The command `completion`: a script that has a shell complete millrace's words. */
import { Argument, type Command } from "commander";
import { fishCompletion } from "../completion/fish.ts";
import { bashCompletion, zshCompletion } from "../completion/shell-script.ts";
import { EXIT } from "../exit-code.ts";
import { type CommandGrammar, grammarOf } from "../grammar.ts";
import type { Run } from "../run.ts";

const SCRIPTS: Readonly<Record<"bash" | "zsh" | "fish", (commands: readonly CommandGrammar[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** Adds the command. */
export function addCompletion(program: Command, run: Run): void {
  program
    .command("completion")
    .description("print a script for the shell: source <(millrace completion bash)")
    .addArgument(new Argument("<shell>", "the shell").choices(Object.keys(SCRIPTS)))
    .action((shell: keyof typeof SCRIPTS, _options: object, command: Command) =>
      run(command, async ({ terminal }) => {
        terminal.print(SCRIPTS[shell](grammarOf(program)).trimEnd());
        return EXIT.ok;
      }),
    );
}
