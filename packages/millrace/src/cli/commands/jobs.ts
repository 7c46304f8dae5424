/** The commands `jobs ls|show`. */
import { isId, JOB_STATES, type JobId, type JobRecord, jobRecord, MillraceError } from "@millrace/core";
import { type Command, Option } from "commander";
import { EXIT } from "../exit-code.ts";
import { type Format, outputOption, printList, printRecord, wholeNumberFrom } from "../output.ts";
import type { Run } from "../run.ts";
import { type Shell, withHome } from "../shell.ts";
import type { Column } from "../table.ts";
import { localTime } from "../words.ts";

interface ListOptions {
  readonly state?: JobRecord["state"];
  readonly queue?: string;
  readonly name?: string;
  readonly limit: number;
  readonly output: Format;
}

const MAX_ROWS = 200;

/** Adds the commands. */
export function addJobs(program: Command, run: Run): void {
  const group = program.command("jobs").description("look at jobs");
  group
    .command("ls")
    .description("list jobs, newest first")
    .addOption(new Option("--state <state>", "only jobs in this state").choices(JOB_STATES))
    .option("--queue <queue>", "only jobs of this queue")
    .option("--name <name>", "only jobs of this name")
    .option("--limit <n>", "most jobs", wholeNumberFrom(1, MAX_ROWS), 20)
    .addOption(outputOption())
    .action((options: ListOptions, command: Command) => run(command, (shell) => list(shell, options)));
  group
    .command("show")
    .description("show one job with its attempts")
    .argument("<id>", "id of the job")
    .addOption(outputOption())
    .action((id: string, options: { output: Format }, command: Command) =>
      run(command, (shell) => show(shell, id, options.output)),
    );
}

const COLUMNS: readonly Column<JobRecord>[] = [
  { title: "job", cell: ({ id }) => id },
  { title: "name", cell: ({ name }) => name },
  { title: "queue", cell: ({ queue }) => queue },
  { title: "state", cell: ({ state }) => state },
  { title: "attempts", align: "right", cell: ({ attempts }) => String(attempts) },
  { title: "created", cell: ({ createdAt }) => localTime(Date.parse(createdAt)) },
  {
    title: "error",
    cell: ({ error }) => (error === null ? "" : `${error.class}: ${error.message}`.slice(0, 60)),
  },
];

async function list(shell: Shell, options: ListOptions): Promise<number> {
  return withHome(shell, { reads: true }, async ({ store }) => {
    const { state, queue, name, limit, output } = options;
    const filter = { states: state === undefined ? undefined : [state], queue, name };
    const { rows, next } = await store.find(filter, { limit });
    const empty = "there are no such jobs";
    const records = rows.map((row) => jobRecord(row));
    printList(shell.terminal, output, { columns: COLUMNS, rows: records, empty });
    if (next !== undefined) shell.terminal.say("info", "there are more: raise --limit or narrow the list");
    return EXIT.ok;
  });
}

async function show(shell: Shell, id: string, format: Format): Promise<number> {
  return withHome(shell, { reads: true }, async ({ store }) => {
    const ids = isId(id) ? [id as JobId] : []; // isId has looked
    const { rows } = ids.length === 0 ? { rows: [] } : await store.find({ ids }, { limit: 1 });
    if (rows[0] === undefined) {
      throw new MillraceError("not-found", `there is no job ${id} in this store: see "millrace jobs ls"`);
    }
    const record = jobRecord(rows[0]);
    printRecord(shell.terminal, format, { value: record, lines: jobLines(record) });
    return EXIT.ok;
  });
}

/** A job with its attempts, for people. */
export function jobLines(job: JobRecord): readonly string[] {
  const facts: readonly (readonly [string, string | null])[] = [
    ["job", job.id],
    ["name", job.name],
    ["queue", `${job.queue} (${job.priority})`],
    ["state", job.state],
    ["run", job.run],
    ["parent", job.parent],
    ["attempts", `${job.attempts} (${job.interruptions} interruptions, ${job.rescues} rescues)`],
    ["created", job.createdAt],
    ["finished", job.finishedAt],
    ["error", job.error === null ? null : `${job.error.class}: ${job.error.message}`],
    ["input", JSON.stringify(job.input).slice(0, 500)],
  ];
  const shown = facts.flatMap(([name, value]) => (value === null ? [] : [`${name.padEnd(10)}${value}`]));
  return [...shown, ...job.history.map(attemptLine)];
}

function attemptLine({
  attempt,
  outcome,
  endedAt,
  durationMs,
  worker,
}: JobRecord["history"][number]): string {
  const took = durationMs === null ? "" : ` after ${Math.round(durationMs)} ms`;
  return `attempt ${attempt} ${outcome}${took}, ${endedAt}${worker === null ? "" : `, by ${worker}`}`;
}
