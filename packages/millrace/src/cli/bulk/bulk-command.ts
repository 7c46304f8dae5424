/** Bulk work from the command line: a run over a file of items, worked on by this process until it ends. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { isFinishedRun, MillraceError, type Pipeline, type RunRow, type Store } from "@millrace/core";
import { type OpenClient, withClient } from "../client.ts";
import { EXIT, exitCodeOfRun } from "../exit-code.ts";
import { type MemoryWatch, watchMemory } from "../ingest/process-memory.ts";
import { hearInterrupts, type Interrupt } from "../interrupt.ts";
import type { Format } from "../output.ts";
import { progressDisplay } from "../progress-display.ts";
import { unfinishedLine } from "../run-here/run-failures.ts";
import { StoreTrouble } from "../run-here/store-trouble.ts";
import { openRun, type RunHere, sayHome, type WorkedRun, workOnRun } from "../run-here/work-on-run.ts";
import type { Shell } from "../shell.ts";
import { BulkMeter, bulkWords } from "./bulk-progress.ts";
import { bulkInterruptedLine } from "./bulk-report.ts";

/** How bulk work speaks. */
export interface BulkFlags {
  readonly output: Format;
  readonly quiet?: boolean;
}

/** What is to be done, over the open store. */
export interface BulkPlan<Params> {
  /** What the progress line calls it. */
  readonly verb: string;
  readonly batch: Pipeline<Params>;
  readonly params: Params;
  /** The step with the items. */
  readonly step: string;
  /** What it came to. */
  report(store: Store, worked: WorkedRun, measured: BulkMeasures): Promise<ToldBulk>;
}

/** What the command itself has measured: from its start to the end of the run, and most memory held by this process. */
export interface BulkMeasures {
  readonly seconds: number;
  readonly peakBytes: number;
}

/** What bulk work did: as data, and in words. */
interface ToldBulk {
  readonly record: object;
  readonly lines: readonly string[];
}

/** The whole path of a file of items. @throws MillraceError `not-found`, `bad-input` for what is no file */
export async function itemsFile(shell: Shell, file: string): Promise<string> {
  if (file === STDIN) throw new MillraceError("bad-input", `items are not read from stdin, ${BECAUSE}`);
  const path = resolve(shell.folder, file);
  const found = await stat(path).catch((error: unknown) => {
    throw new MillraceError("not-found", `there is no file of items at ${path}`, { cause: error });
  });
  if (found.isDirectory()) {
    throw new MillraceError("bad-input", `${path} is a folder; items are one file, a JSON object a line`);
  }
  if (!found.isFile()) throw new MillraceError("bad-input", `${path} is no regular file, ${BECAUSE}`);
  return path;
}

const STDIN = "-";
const BECAUSE =
  "and a run reads its items more than once, also after an interruption: write them to a file first";

/** Opens the store, begins or continues the run that is planned, works on it, and tells how it went. */
export async function workInBulk<Params>(
  shell: Shell,
  flags: BulkFlags,
  plan: (client: OpenClient, trouble: StoreTrouble) => Promise<BulkPlan<Params>>,
): Promise<number> {
  if (flags.quiet === true) shell.terminal.level = "warn";
  const memory = watchMemory();
  const interrupt = hearInterrupts();
  const trouble = new StoreTrouble(shell.terminal);
  void interrupt.first.then(() => shell.terminal.say("warn", STOPPING));
  const use = { reads: false, onFailure: (error: unknown) => trouble.met(error) };
  try {
    return await withClient(shell, use, async (client) => {
      const { home } = client;
      sayHome(shell, home);
      const notice = await home.collections.prepare();
      if (notice !== undefined) shell.terminal.say("warn", notice);
      const parts = { shell, home, trouble, interrupt, flags, memory };
      return interrupt.isRaised ? tooSoon(parts) : carryOut(parts, await plan(client, trouble));
    });
  } finally {
    interrupt.dispose();
    memory.stop();
  }
}

const STOPPING = "stopping: the items in work are finished first; Ctrl-C again stops at once";

interface BulkParts extends RunHere {
  readonly interrupt: Interrupt;
  readonly flags: BulkFlags;
  readonly memory: MemoryWatch;
}

function tooSoon({ shell }: BulkParts): number {
  shell.terminal.say("warn", "interrupted before any item was read; run the same command again");
  return EXIT.interrupted;
}

async function carryOut<Params>(parts: BulkParts, plan: BulkPlan<Params>): Promise<number> {
  const { shell, flags, memory } = parts;
  const { verb, batch, params, step } = plan;
  const isQuiet = flags.quiet === true;
  const display = progressDisplay(shell.terminal, { isQuiet, format: flags.output, words: bulkWords(verb) });
  const meter = new BulkMeter(step);
  const startedMs = performance.now();
  try {
    const { row: before } = await openRun(parts, batch, params);
    const onSnapshot = (run: RunRow): void => display.show(meter.see(run, performance.now()));
    const run = await workOnRun({ ...parts, onSnapshot }, batch, before.id);
    const seconds = (performance.now() - startedMs) / 1_000;
    display.end();
    return await tellEnd(parts, plan, { run, before, seconds, peakBytes: memory.peakBytes() });
  } finally {
    display.end();
  }
}

async function tellEnd(
  { shell: { terminal }, home, flags }: BulkParts,
  { step, report }: Pick<BulkPlan<unknown>, "step" | "report">,
  { run, before, ...measured }: WorkedRun & BulkMeasures,
): Promise<number> {
  if (!isFinishedRun(run.state)) {
    terminal.say("warn", bulkInterruptedLine(run, step));
    return EXIT.interrupted;
  }
  const { record, lines } = await report(home.store, { run, before }, measured);
  terminal.print(flags.output === "table" ? lines.join("\n") : JSON.stringify(record));
  const unfinished = unfinishedLine(run);
  if (unfinished !== undefined) terminal.say("error", unfinished);
  return exitCodeOfRun(run.state);
}
