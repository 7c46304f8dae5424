/** The command `jobs clean`: forgets finished jobs by age. */
import { type Duration, durationMs, type Store, type TerminalState } from "@millrace/core";
import { commandActor } from "../command-actor.ts";
import { confirmed } from "../confirm.ts";
import { countProgress } from "../count-progress.ts";
import { EXIT } from "../exit-code.ts";
import { hearInterrupts } from "../interrupt.ts";
import { printRecord } from "../output.ts";
import { type OpenHome, type Shell, withHome } from "../shell.ts";
import { counted } from "../words.ts";
import { type BulkOptions, countMatching } from "./bulk.ts";

/** Options of the command. */
export interface CleanOptions extends BulkOptions {
  readonly olderThan: Duration;
  readonly state?: readonly TerminalState[];
}

/** What is forgotten where no `--state` says otherwise: never dead letters. */
const HARMLESS: readonly TerminalState[] = ["completed", "cancelled", "expired"];
const BATCH = 1_000;

/** Counts, asks, forgets batch by batch. */
export async function cleanJobs(shell: Shell, options: CleanOptions): Promise<number> {
  const { olderThan, output } = options;
  return withHome(shell, { reads: true }, async (home) => {
    const age = { olderThanMs: durationMs(olderThan, "--older-than"), states: options.state ?? HARMLESS };
    const matched = await countOld(shell, home, age);
    const what = `forget ${counted(matched, "job")} that finished ${olderThan} ago or earlier`;
    if (matched === 0 || options.dryRun === true) {
      const lines = [matched === 0 ? "there are no such jobs" : `would ${what}`];
      printRecord(shell.terminal, output, { value: { matched, removed: 0 }, lines });
      return EXIT.ok;
    }
    if (options.yes !== true && !(await confirmed(shell.terminal, `${what}?`))) return EXIT.error;
    const { removed, interrupted } = await forget(shell, home.store, { age, matched });
    const lines = [`forgot ${counted(removed, "job")}`];
    printRecord(shell.terminal, output, { value: { matched, removed }, lines });
    if (!interrupted) return EXIT.ok;
    shell.terminal.say("warn", "interrupted: run the same command again for the rest");
    return EXIT.interrupted;
  });
}

interface Age {
  readonly olderThanMs: number;
  readonly states: readonly TerminalState[];
}

/** By the store's clock. Children that a live parent may ask about count too, and are kept. */
async function countOld(shell: Shell, home: OpenHome, { olderThanMs, states }: Age): Promise<number> {
  const finishedUntilMs = Math.floor((await home.nowMs()) - olderThanMs);
  return countMatching(shell, { store: home.store, query: { states, finishedUntilMs } });
}

async function forget(
  { terminal }: Shell,
  store: Pick<Store, "cleanUp">,
  { age, matched }: { readonly age: Age; readonly matched: number },
): Promise<{ readonly removed: number; readonly interrupted: boolean }> {
  const progress = countProgress(terminal, { doing: "forgetting", things: "jobs", total: matched });
  const interrupt = hearInterrupts();
  let removed = 0;
  try {
    while (!interrupt.isRaised) {
      const report = await store.cleanUp({ ...age, limit: BATCH, note: { actor: commandActor() } });
      removed += report.removed;
      progress.show(removed);
      if (!report.more || report.removed === 0) return { removed, interrupted: false };
    }
    return { removed, interrupted: true };
  } finally {
    progress.end();
    interrupt.dispose();
  }
}
