/** The command `enqueue`: one job, or one for each line of a stream. */
import { type EnqueuedMany, type JobDefinition, MillraceError } from "@millrace/core";
import { type OpenClient, withClient } from "../client.ts";
import { countProgress } from "../count-progress.ts";
import { EXIT } from "../exit-code.ts";
import { hearInterrupts } from "../interrupt.ts";
import { type Format, printRecord } from "../output.ts";
import { refuseMemory, type Shell } from "../shell.ts";
import { count, counted } from "../words.ts";
import { contractOf, enqueueOptions, type JobFlags } from "./job-options.ts";
import { fieldOf, LineReader } from "./line-reader.ts";
import { type ManyPayloads, payloadsOf } from "./payloads.ts";

/** Options of the command. */
export interface EnqueueFlags extends JobFlags {
  readonly file?: string;
  readonly keyField?: string;
  readonly output: Format;
}

/** What is to be enqueued. */
export interface EnqueueRequest {
  readonly name: string;
  readonly input: string | undefined;
  readonly flags: EnqueueFlags;
}

/** Enqueues; prints the job's id, or the counts. A full queue is exit 9. */
export async function enqueueJobs(shell: Shell, { name, input, flags }: EnqueueRequest): Promise<number> {
  const { file, keyField, output, ...job } = flags;
  const payloads = await payloadsOf({ input, file, folder: shell.folder, stdin: process.stdin });
  if (payloads.kind === "one" && keyField !== undefined) {
    throw new MillraceError("bad-usage", "--key-field is for many inputs: give --key");
  }
  if (payloads.kind === "many" && job.key !== undefined) {
    throw new MillraceError("bad-usage", "--key would be the same for all of these inputs: give --key-field");
  }
  return withClient(shell, { reads: false }, async (client) => {
    refuseMemory(client.home);
    const definition = contractOf(name, job);
    const work: Work = { shell, client, definition, job, output };
    return payloads.kind === "one" ? enqueueOne(work, payloads.input) : enqueueMany(work, payloads, keyField);
  });
}

interface Work {
  readonly shell: Shell;
  readonly client: OpenClient;
  readonly definition: JobDefinition;
  readonly job: JobFlags;
  readonly output: Format;
}

async function enqueueOne({ shell, client, definition, job, output }: Work, input: unknown): Promise<number> {
  const { id, accepted } = await client.mr.enqueue(definition, input, enqueueOptions(job));
  if (accepted !== "created") shell.terminal.say("info", `${accepted}: job ${id} holds the key`);
  printRecord(shell.terminal, output, { value: { id, accepted }, lines: [id] });
  return EXIT.ok;
}

/** At a signal no more lines are read, and what was read is enqueued. */
async function enqueueMany(
  work: Work,
  payloads: ManyPayloads,
  keyField: string | undefined,
): Promise<number> {
  const { shell, client, definition, job, output } = work;
  const { terminal } = shell;
  const interrupt = hearInterrupts();
  const progress = countProgress(terminal, { doing: "read", things: "lines" });
  const reader = new LineReader(payloads, interrupt, keyField);
  try {
    const inputs = reader.inputs((read) => progress.show(read));
    const keys = keyField === undefined ? {} : { key: (input: unknown) => fieldOf(input, keyField) ?? "" };
    const counts = await client.mr.enqueueMany(definition, inputs, { ...enqueueOptions(job), ...keys });
    progress.end();
    printRecord(terminal, output, { value: counts, lines: [countsLine(counts)] });
    if (interrupt.isRaised) terminal.say("warn", `interrupted: the rest of ${payloads.where} was not read`);
    if (interrupt.isRaised) return EXIT.interrupted;
    return counts.refused > 0 ? EXIT.conflict : EXIT.ok;
  } catch (error) {
    throw reader.placed(error);
  } finally {
    progress.end();
    interrupt.dispose();
  }
}

function countsLine({ enqueued, duplicates, replaced, refused }: EnqueuedMany): string {
  const others = [
    ...(duplicates === 0 ? [] : [`${counted(duplicates, "duplicate")}`]),
    ...(replaced === 0 ? [] : [`${count(replaced)} replaced`]),
    ...(refused === 0 ? [] : [`${count(refused)} refused: the queue is full`]),
  ];
  return [`enqueued ${counted(enqueued, "job")}`, ...others].join(", ");
}
