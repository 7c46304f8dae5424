/** The command `ingest`: documents into a collection. */
import { isFinishedRun } from "@millrace/core";
import { CLEANUP_MODES, type CleanupMode, type IngestParams } from "@millrace/rag";
import { type Command, Option } from "commander";
import { programOptions } from "../../config/program-options.ts";
import { oneLine } from "../error-line.ts";
import { EXIT, exitCodeOfRun } from "../exit-code.ts";
import { ingestWords } from "../ingest/ingest-progress.ts";
import { type IngestReport, ingestReport, interruptedLine, reportLines } from "../ingest/ingest-report.ts";
import type { IngestParts } from "../ingest/ingest-run.ts";
import { findSources } from "../ingest/ingest-sources.ts";
import type { Reading, ReadingOptions } from "../ingest/ingest-tools.ts";
import { type MemoryWatch, watchMemory } from "../ingest/process-memory.ts";
import { hearInterrupts, type Interrupt } from "../interrupt.ts";
import { collectionName } from "../option-values.ts";
import { type Format, outputOption } from "../output.ts";
import { progressDisplay } from "../progress-display.ts";
import type { Run } from "../run.ts";
import { unfinishedLine } from "../run-here/run-failures.ts";
import { StoreTrouble } from "../run-here/store-trouble.ts";
import { sayHome, type WorkedRun } from "../run-here/work-on-run.ts";
import { type Shell, withHome, withHomeIfThere } from "../shell.ts";

interface IngestOptions {
  readonly collection: string;
  readonly cleanup?: CleanupMode;
  readonly dryRun?: boolean;
  readonly changes?: boolean;
  readonly output: Format;
  readonly quiet?: boolean;
}

/** Adds the command. */
export function addIngest(program: Command, run: Run): void {
  program
    .command("ingest")
    .description("read PDF, DOCX, HTML, Markdown and text files into a searchable collection")
    .argument("<paths...>", "files, folders or globs")
    .addOption(new Option("--collection <name>", "collection to fill").default("docs"))
    .addOption(
      new Option(
        "--cleanup <mode>",
        "what leaves the collection beside what is replaced (scoped-full)",
      ).choices(CLEANUP_MODES),
    )
    .option("--dry-run", "only look: documents by type, pages, estimated passages and tokens")
    .option("--changes", "only look: which documents are new, changed, removed or failed")
    .addOption(outputOption())
    .option("-q, --quiet", "no progress, only warnings and errors")
    .addHelpText("after", HELP)
    .action((paths: string[], options: IngestOptions, command: Command) =>
      run(command, (shell) => ingest(shell, paths, options)),
    );
}

const HELP = `
Clean-up: scoped-full removes documents whose files are gone from these paths, full those outside of them too,
incremental only those whose files cannot be read any more, none nothing. What could not be looked at always stays.

Files that have not changed are passed over. An interrupted ingest goes on where it stopped: run the same command again.
Exit codes: 0 all documents are in, 5 some failed, 4 the run failed, 130 interrupted.`;

async function ingest(shell: Shell, paths: readonly string[], options: IngestOptions): Promise<number> {
  if (options.quiet === true) shell.terminal.level = "warn";
  const memory = watchMemory();
  const interrupt = hearInterrupts();
  void interrupt.first.then(() => shell.terminal.say("warn", STOPPING));
  try {
    const { roots, beginsWithPdf } = await findSources(paths, shell.folder);
    const params = paramsOf(options, roots);
    const { storage } = programOptions(shell.settings);
    const onError = (error: unknown, where: string) =>
      shell.terminal.say("warn", `${where}: ${oneLine(error)}`);
    return await withReading({ isEager: beginsWithPdf, storage, onError }, (reading) => {
      const work = { shell, params, reading, interrupt, options };
      return options.dryRun === true || options.changes === true ? look(work) : readAll({ ...work, memory });
    });
  } finally {
    interrupt.dispose();
    memory.stop();
  }
}

function paramsOf({ collection, cleanup }: IngestOptions, roots: readonly string[]): IngestParams {
  return { collection: collectionName(collection), roots, ...(cleanup === undefined ? {} : { cleanup }) };
}

interface Looking {
  readonly shell: Shell;
  readonly params: IngestParams;
  readonly reading: Reading;
  readonly interrupt: Interrupt;
  readonly options: IngestOptions;
}

/** `--dry-run` and `--changes`. */
async function look({ shell, params, reading, interrupt, options }: Looking): Promise<number> {
  const { tellChanges, tellEstimate } = await import("../ingest/ingest-survey.ts");
  const aborting = new AbortController();
  void interrupt.first.then(() => aborting.abort());
  const tell = options.changes === true ? tellChanges : tellEstimate;
  try {
    return await withHomeIfThere(shell, (home) =>
      tell({ shell, home, params, reading, format: options.output, signal: aborting.signal }),
    );
  } catch (error) {
    if (aborting.signal.aborted) return EXIT.interrupted;
    throw error;
  }
}

/** The ingest itself. */
function readAll(parts: Looking & { readonly memory: MemoryWatch }): Promise<number> {
  const { shell, reading, interrupt } = parts;
  const trouble = new StoreTrouble(shell.terminal);
  const use = {
    reads: false,
    onFailure: (error: unknown) => trouble.met(error),
    meanwhile: () => void reading.splitter(),
  };
  return withHome(shell, use, async (home) => {
    sayHome(shell, home);
    if (interrupt.isRaised) {
      shell.terminal.say("warn", "interrupted before any document was read; run the same command again");
      return EXIT.interrupted;
    }
    return follow({ ...parts, home, trouble });
  });
}

/** What reads PDFs may start while the store is being opened; its children are gone at the end. */
async function withReading<T>(how: ReadingOptions, use: (reading: Reading) => Promise<T>): Promise<T> {
  const { startReading } = await import("../ingest/ingest-tools.ts");
  const reading = startReading(how);
  try {
    return await use(reading);
  } finally {
    await reading.extractor.stop();
  }
}

const STOPPING = "stopping: the documents in work are finished first; Ctrl-C again stops at once";

interface IngestWork extends Omit<IngestParts, "onProgress"> {
  readonly options: IngestOptions;
  readonly memory: MemoryWatch;
}

async function follow(work: IngestWork): Promise<number> {
  const { shell, options, memory } = work;
  const { runIngest } = await import("../ingest/ingest-run.ts");
  const isQuiet = options.quiet === true;
  const display = progressDisplay(shell.terminal, { isQuiet, format: options.output, words: ingestWords });
  const startedMs = performance.now();
  try {
    const worked = await runIngest({ ...work, onProgress: (progress) => display.show(progress) });
    const seconds = (performance.now() - startedMs) / 1_000;
    display.end();
    return await tellEnd(work, worked, { seconds, peakBytes: memory.peakBytes() });
  } finally {
    display.end();
  }
}

async function tellEnd(
  { shell, home, options }: IngestWork,
  { run, before }: WorkedRun,
  measured: Pick<IngestReport, "seconds" | "peakBytes">,
): Promise<number> {
  const { terminal } = shell;
  if (!isFinishedRun(run.state)) {
    terminal.say("warn", interruptedLine(run));
    return EXIT.interrupted;
  }
  const report = await ingestReport(home.store, run, measured);
  const lines = reportLines(report, { id: run.id, before });
  terminal.print(options.output === "table" ? lines.join("\n") : JSON.stringify(report));
  const unfinished = unfinishedLine(run);
  if (unfinished !== undefined) terminal.say("error", unfinished);
  return exitCodeOfRun(run.state);
}
