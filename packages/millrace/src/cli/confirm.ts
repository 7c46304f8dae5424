/** Asks before something is removed. */
import { createInterface } from "node:readline/promises";
import { MillraceError } from "@millrace/core";
import type { Terminal } from "./terminal.ts";

/** Whether the user says yes. @throws MillraceError `bad-usage` where nobody can be asked. */
export async function confirmed(terminal: Terminal, question: string): Promise<boolean> {
  if (!terminal.canAsk) {
    throw new MillraceError("bad-usage", `${question} Nobody can be asked here: add --yes to do it`);
  }
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await asking.question(`${question} [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    asking.close();
  }
}
