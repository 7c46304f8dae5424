/** The commands `jobs show` and `jobs history`: one job, and what became of its attempts. */
import {
  isId,
  type JobId,
  type JobRecord,
  type JobRow,
  jobRecord,
  MillraceError,
  type Store,
} from "@millrace/core";
import { EXIT } from "../exit-code.ts";
import { type Format, printList, printRecord } from "../output.ts";
import { type Shell, withHome } from "../shell.ts";
import type { Column } from "../table.ts";
import { localTime, printable } from "../words.ts";

type Attempt = JobRecord["history"][number];

const INPUT_SHOWN = 500;

/** Shows a job in full. */
export async function showJob(shell: Shell, id: string, format: Format): Promise<number> {
  return withHome(shell, { reads: true }, async ({ store }) => {
    const record = jobRecord(await findJob(store, id));
    printRecord(shell.terminal, format, { value: record, lines: jobLines(record) });
    return EXIT.ok;
  });
}

/** Lists a job's ended attempts, of all its generations. */
export async function showHistory(shell: Shell, id: string, format: Format): Promise<number> {
  return withHome(shell, { reads: true }, async ({ store }) => {
    const { history } = jobRecord(await findJob(store, id));
    const empty = `job ${id} has ended no attempt yet`;
    printList(shell.terminal, format, { columns: ATTEMPT_COLUMNS, rows: history, empty });
    return EXIT.ok;
  });
}

/** The job's row. @throws MillraceError `not-found`, also for what is no id. */
export async function findJob(store: Pick<Store, "find">, id: string): Promise<JobRow> {
  const ids = isId(id) ? [id as JobId] : []; // isId has looked
  const { rows } = ids.length === 0 ? { rows: [] } : await store.find({ ids }, { limit: 1 });
  if (rows[0] !== undefined) return rows[0];
  throw new MillraceError("not-found", `there is no job ${id} in this store: see "millrace jobs ls"`);
}

const ATTEMPT_COLUMNS: readonly Column<Attempt>[] = [
  { title: "generation", align: "right", cell: ({ generation }) => String(generation) },
  { title: "attempt", align: "right", cell: ({ attempt }) => String(attempt) },
  { title: "outcome", cell: ({ outcome }) => outcome },
  { title: "ended", cell: ({ endedAt }) => localTime(Date.parse(endedAt)) },
  { title: "took", align: "right", cell: ({ durationMs }) => tookWord(durationMs) },
  { title: "worker", cell: ({ worker }) => worker ?? "" },
  { title: "error", cell: ({ error }) => (error === null ? "" : errorLine(error)) },
];

/** A job with its attempts, for people. */
export function jobLines(job: JobRecord): readonly string[] {
  const { attempts, interruptions, rescues, snoozes, maxAttempts } = job;
  const of = maxAttempts === null ? "" : ` of ${maxAttempts}`;
  const facts: readonly (readonly [string, string | null])[] = [
    ["job", job.id],
    ["name", job.name],
    ["queue", `${job.queue} (${job.priority})`],
    ["state", job.state],
    ["tenant", job.tenant === "" ? null : job.tenant],
    ["tags", job.tags.length === 0 ? null : job.tags.join(", ")],
    ["run", job.run],
    ["parent", job.parent],
    ["attempts", `${attempts}${of} (${interruptions} interruptions, ${rescues} rescues, ${snoozes} snoozes)`],
    ["generation", job.generation === 1 ? null : String(job.generation)],
    ["by", job.submittedBy],
    ["correlation", job.correlationId],
    ["created", job.createdAt],
    ["due", job.runAt],
    ["expires", job.expiresAt],
    ["finished", job.finishedAt],
    ["progress", job.progress === null ? null : JSON.stringify(job.progress)],
    ["error", job.error === null ? null : `${errorLine(job.error)} (fingerprint ${job.error.fingerprint})`],
    ["input", JSON.stringify(job.input).slice(0, INPUT_SHOWN)],
    ["result", job.state === "completed" ? JSON.stringify(job.result).slice(0, INPUT_SHOWN) : null],
  ];
  const shown = facts.flatMap(([name, value]) => (value === null ? [] : [`${name.padEnd(12)}${value}`]));
  return [...shown, ...job.history.map(attemptLine)];
}

function attemptLine({ attempt, outcome, endedAt, durationMs, worker }: Attempt): string {
  const took = durationMs === null ? "" : ` after ${tookWord(durationMs)}`;
  return `attempt ${attempt} ${outcome}${took}, ${endedAt}${worker === null ? "" : `, by ${worker}`}`;
}

function tookWord(durationMs: number | null): string {
  return durationMs === null ? "" : `${Math.round(durationMs)} ms`;
}

/** In one line, whatever line breaks the message has. */
function errorLine({ class: errorClass, message }: JobRecord["error"] & object): string {
  return printable(`${errorClass}: ${message}`);
}
