/** The commands `batch rm` and `batch clean`: forget finished runs, and delete their rows. */
import {
  type Duration,
  durationMs,
  FINISHED_RUN_STATES,
  type FinishedRunState,
  type RunId,
  type Store,
} from "@millrace/core";
import { type OpenClient, withClient } from "../client.ts";
import { confirmed } from "../confirm.ts";
import { countProgress } from "../count-progress.ts";
import { EXIT } from "../exit-code.ts";
import { findRun } from "../follow-run.ts";
import { hearInterrupts } from "../interrupt.ts";
import { type Format, printRecord } from "../output.ts";
import type { Shell } from "../shell.ts";
import { counted } from "../words.ts";

/** Options of both commands. */
export interface RemoveFlags {
  readonly reason?: string;
  readonly yes?: boolean;
  readonly output: Format;
}

/** Which runs `batch clean` is for. */
export interface CleanRunsFlags extends RemoveFlags {
  readonly olderThan: Duration;
  readonly state?: readonly FinishedRunState[];
  readonly dryRun?: boolean;
}

/** Asks, and forgets one run. */
export function removeRun(shell: Shell, id: RunId, { reason, yes, output }: RemoveFlags): Promise<number> {
  return withClient(shell, { reads: true }, async ({ mr, home }) => {
    const { definition, state } = await findRun(home.store, id);
    const question = `Forget run ${id} of "${definition}", which is ${state}, with its items? Its instance may run again.`;
    if (yes !== true && !(await confirmed(shell.terminal, question))) {
      shell.terminal.say("info", "nothing was changed");
      return EXIT.ok;
    }
    await mr.run(id).remove({ reason });
    return purged(shell, home.store, { output, value: { id, removed: 1 }, line: `forgot run ${id}` });
  });
}

/** Counts, asks, and forgets runs by age. */
export function cleanRuns(shell: Shell, flags: CleanRunsFlags): Promise<number> {
  const { olderThan, state: states = FINISHED_RUN_STATES, output, reason } = flags;
  return withClient(shell, { reads: true }, async (client) => {
    const matched = await countOld(client, { olderThanMs: durationMs(olderThan, "--older-than"), states });
    const what = `forget ${counted(matched, "run")} that finished ${olderThan} ago or earlier`;
    if (matched === 0 || flags.dryRun === true) {
      const lines = [matched === 0 ? "there are no such runs" : `would ${what}`];
      printRecord(shell.terminal, output, { value: { matched, removed: 0 }, lines });
      return EXIT.ok;
    }
    if (flags.yes !== true && !(await confirmed(shell.terminal, `${what}?`))) return EXIT.error;
    const { removed } = await client.mr.runs.cleanUp({ olderThan, states, reason });
    const line = `forgot ${counted(removed, "run")}`;
    return purged(shell, client.home.store, { output, value: { matched, removed }, line });
  });
}

const PAGE = 200;

/** By the store's clock. Runs with live jobs count too, and are kept. */
async function countOld(
  { home }: OpenClient,
  { olderThanMs, states }: { readonly olderThanMs: number; readonly states: readonly FinishedRunState[] },
): Promise<number> {
  const untilMs = Math.floor((await home.nowMs()) - olderThanMs);
  let matched = 0;
  let after: string | undefined;
  do {
    const page = await home.store.findRuns({ states }, { limit: PAGE, after });
    matched += page.rows.filter(
      ({ finishedAtMs = Number.POSITIVE_INFINITY }) => finishedAtMs <= untilMs,
    ).length;
    after = page.next;
  } while (after !== undefined);
  return matched;
}

interface Outcome {
  readonly output: Format;
  readonly value: Readonly<Record<string, unknown>>;
  readonly line: string;
}

/** Rows of a call: what is not deleted here, workers delete. */
const PIECE = 1_000;

/** Deletes what was written of removed runs, for no worker may be there to do it, and says what was done. */
async function purged(
  { terminal }: Shell,
  store: Pick<Store, "purgeRuns">,
  { output, value, line }: Outcome,
): Promise<number> {
  const progress = countProgress(terminal, { doing: "deleting", things: "rows" });
  const interrupt = hearInterrupts();
  let rows = 0;
  let isMore = true;
  try {
    while (isMore && !interrupt.isRaised) {
      const piece = await store.purgeRuns({ limit: PIECE });
      rows += piece.removed;
      isMore = piece.more;
      progress.show(rows);
    }
  } finally {
    progress.end();
    interrupt.dispose();
  }
  printRecord(terminal, output, {
    value: { ...value, rows },
    lines: [`${line}, and deleted ${counted(rows, "row")}`],
  });
  if (!isMore) return EXIT.ok;
  terminal.say("warn", "interrupted: workers delete the rest, or the next removal");
  return EXIT.interrupted;
}
