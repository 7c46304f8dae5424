/** Asks before something is changed or removed. */
import { createInterface } from "node:readline/promises";
import { MillraceError } from "@millrace/core";
import { Interrupted } from "./interrupt.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Whether the user says yes.
 * @throws MillraceError `bad-usage` where nobody can be asked; Interrupted at Ctrl-C.
 */
export async function confirmed(terminal: Terminal, question: string): Promise<boolean> {
  const answer = await answerTo(terminal, question, "[y/N]");
  return /^y(es)?$/i.test(answer);
}

/** Whether the user types exactly this name. @throws as {@link confirmed} */
export async function typedName(terminal: Terminal, question: string, name: string): Promise<boolean> {
  return (await answerTo(terminal, question, `Type ${name} to go on:`)) === name;
}

/** What was typed, without space around it; empty at the end of the input. */
async function answerTo(terminal: Terminal, question: string, hint: string): Promise<string> {
  if (!terminal.canAsk) {
    throw new MillraceError("bad-usage", `${question} Nobody can be asked here: add --yes to do it`);
  }
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const stopped = new Promise<"stopped">((resolve) => asking.once("SIGINT", () => resolve("stopped")));
    const ended = new Promise<"">((resolve) => asking.once("close", () => resolve("")));
    const answer = await Promise.race([asking.question(`${question} ${hint} `), stopped, ended]);
    if (answer === "" || answer === "stopped") process.stderr.write("\n");
    if (answer === "stopped") throw new Interrupted("interrupted: nothing was changed");
    return answer.trim();
  } finally {
    asking.close();
  }
}
