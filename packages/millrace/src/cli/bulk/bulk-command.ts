/** Bulk work from the command line: a run over a file of items, worked on by this process until it ends. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { isFinishedRun, MillraceError, type Pipeline, type RunRow } from "@millrace/core";
import { type OpenClient, withClient } from "../client.ts";
import { EXIT, exitCodeOfRun } from "../exit-code.ts";
import { type MemoryWatch, watchMemory } from "../ingest/process-memory.ts";
import { hearInterrupts, type Interrupt } from "../interrupt.ts";
import type { Format } from "../output.ts";
import { progressDisplay } from "../progress-display.ts";
import { failureOf } from "../run-here/run-failures.ts";
import { StoreTrouble } from "../run-here/store-trouble.ts";
import { openRun, type RunHere, sayHome, type WorkedRun, workOnRun } from "../run-here/work-on-run.ts";
import type { Shell } from "../shell.ts";
import { BulkMeter, bulkWords } from "./bulk-progress.ts";
import { bulkInterruptedLine, bulkLines, bulkReport } from "./bulk-report.ts";

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
  /** Where the items go. */
  readonly collection: string;
}

/** The whole path of a file of items. @throws MillraceError `not-found`, `bad-input` for what is no file */
export async function itemsFile(shell: Shell, file: string): Promise<string> {
  const path = resolve(shell.folder, file);
  const found = await stat(path).catch((error: unknown) => {
    throw new MillraceError("not-found", `there is no file of items at ${path}`, { cause: error });
  });
  if (found.isDirectory()) {
    throw new MillraceError("bad-input", `${path} is a folder; items are one file, a JSON object a line`);
  }
  return path;
}

/** Opens the store, begins or continues the run that is planned, works on it, and tells how it went. */
export async function workInBulk<Params>(
  shell: Shell,
  flags: BulkFlags,
  plan: (client: OpenClient) => Promise<BulkPlan<Params>>,
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
      return interrupt.isRaised ? tooSoon(parts) : carryOut(parts, await plan(client));
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
  const { verb, batch, params, collection } = plan;
  const isQuiet = flags.quiet === true;
  const display = progressDisplay(shell.terminal, { isQuiet, format: flags.output, words: bulkWords(verb) });
  const meter = new BulkMeter();
  const startedMs = performance.now();
  try {
    const { row: before } = await openRun(parts, batch, params);
    const onSnapshot = (run: RunRow): void => display.show(meter.see(run, performance.now()));
    const run = await workOnRun({ ...parts, onSnapshot }, batch, before.id);
    const seconds = (performance.now() - startedMs) / 1_000;
    display.end();
    return await tellEnd(parts, { run, before }, { collection, seconds, peakBytes: memory.peakBytes() });
  } finally {
    display.end();
  }
}

async function tellEnd(
  { shell: { terminal }, home, flags }: BulkParts,
  worked: WorkedRun,
  measured: Parameters<typeof bulkReport>[2],
): Promise<number> {
  const { run } = worked;
  if (!isFinishedRun(run.state)) {
    terminal.say("warn", bulkInterruptedLine(run));
    return EXIT.interrupted;
  }
  const report = await bulkReport(home.store, worked, measured);
  terminal.print(flags.output === "table" ? bulkLines(report).join("\n") : JSON.stringify(report));
  if (run.state === "failed") terminal.say("error", `error: the run failed: ${failureOf(run.error)}`);
  return exitCodeOfRun(run.state);
}
