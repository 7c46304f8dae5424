/** The commands `jobs cancel|retry|reprioritise|delete`: jobs by id, or all that match. */
import { IN_LINE_STATES, type JobControl, type JobState, MillraceError, type Priority } from "@millrace/core";
import { type OpenClient, withClient } from "../client.ts";
import { confirmed } from "../confirm.ts";
import { EXIT } from "../exit-code.ts";
import { printList, printRecord } from "../output.ts";
import type { Shell } from "../shell.ts";
import { counted } from "../words.ts";
import { answersLine, type BulkOptions, type Change, changeMatching, tallied } from "./bulk.ts";
import { isNarrowed, jobQuery, type QueryOptions } from "./job-query.ts";

/** The verbs. */
export type ChangeVerb = keyof Pick<JobControl, "cancel" | "retry" | "reprioritise" | "delete">;

/** Options of the commands. */
export interface ChangeOptions extends QueryOptions, BulkOptions {
  readonly all?: boolean;
  readonly reason?: string;
  readonly by?: string;
  /** The class to move jobs to. */
  readonly to?: Priority;
}

/** What each verb is about. */
interface VerbTerms {
  readonly doing: string;
  /** States it takes jobs in. */
  readonly takes: readonly JobState[];
  /** Those it is meant for where no `--state` says otherwise. */
  readonly unlessSaid: readonly JobState[];
}

const LIVE = [...IN_LINE_STATES, "running", "waiting"] as const satisfies readonly JobState[];
const FINISHED = ["completed", "dead", "cancelled", "expired"] as const satisfies readonly JobState[];

/** Dead letters are deleted, and completed jobs run again, only where that is said. */
export const CHANGES: Readonly<Record<ChangeVerb, VerbTerms>> = Object.freeze({
  cancel: { doing: "cancelling", takes: LIVE, unlessSaid: LIVE },
  retry: { doing: "retrying", takes: ["scheduled", "retrying", ...FINISHED], unlessSaid: ["dead"] },
  reprioritise: { doing: "reprioritising", takes: IN_LINE_STATES, unlessSaid: IN_LINE_STATES },
  delete: { doing: "deleting", takes: FINISHED, unlessSaid: ["completed", "cancelled", "expired"] },
});

/** Answers that say a job was not there, or not in a state for it. */
const MISSED: Readonly<Record<string, number>> = {
  "not-found": EXIT.notFound,
  "already-finished": EXIT.conflict,
  "still-live": EXIT.conflict,
  "not-in-line": EXIT.conflict,
};

/** A request to change jobs. */
export interface ChangeRequest {
  readonly verb: ChangeVerb;
  readonly ids: readonly string[];
  readonly options: ChangeOptions;
}

/** Does it. @throws MillraceError `bad-usage` for ids and a filter together, or neither. */
export async function changeJobs(shell: Shell, request: ChangeRequest): Promise<number> {
  const { ids, verb, options } = request;
  const isFiltered = isNarrowed(options) || options.all === true;
  if (ids.length > 0 === isFiltered) {
    throw new MillraceError(
      "bad-usage",
      `jobs ${verb} takes ids, or options that choose jobs (--queue, --state …; --all for every one), and not both`,
    );
  }
  return withClient(shell, { reads: true }, async (client) => {
    const change = changeOf(client, request);
    if (ids.length > 0) return changeByIds(shell, ids, { change, options });
    const query = await jobQuery(options, client.home, CHANGES[verb].unlessSaid);
    return changeMatching(shell, { store: client.home.store, query, change }, options);
  });
}

function changeOf({ mr }: OpenClient, { verb, options }: ChangeRequest): Change {
  const { reason, by } = options;
  const note = { reason, by };
  const { doing } = CHANGES[verb];
  switch (verb) {
    case "cancel":
      return { verb, doing, apply: (ids) => mr.jobs.cancel(ids, note) };
    case "retry":
      return { verb, doing, apply: (ids) => mr.jobs.retry(ids, note) };
    case "reprioritise":
      return { verb, doing, apply: (ids) => mr.jobs.reprioritise(ids, classOf(options), note) };
    case "delete":
      return { verb, doing, apply: (ids) => mr.jobs.delete(ids, note) };
  }
}

/** The class to move to: the command refuses to begin without one. */
function classOf({ to }: ChangeOptions): Priority {
  if (to !== undefined) return to;
  throw new MillraceError("bad-usage", "jobs reprioritise takes --to <class>");
}

/** One named job is not asked about. */
async function changeByIds(
  { terminal }: Shell,
  ids: readonly string[],
  { change, options }: { readonly change: Change; readonly options: ChangeOptions },
): Promise<number> {
  const what = `${change.verb} ${counted(ids.length, "job")}`;
  if (options.dryRun === true) {
    const value = { matched: ids.length, dryRun: true };
    printRecord(terminal, options.output, { value, lines: [`would ${what}`] });
    return EXIT.ok;
  }
  if (ids.length > 1 && options.yes !== true && !(await confirmed(terminal, `${what}?`))) return EXIT.error;
  const answers = await change.apply(ids as Parameters<Change["apply"]>[0]); // what is no id is not-found
  const rows = ids.map((job, index) => ({ job, answer: answers[index] ?? "not-found" }));
  const columns = [
    { title: "job", cell: ({ job }: (typeof rows)[number]) => job },
    { title: "answer", cell: ({ answer }: (typeof rows)[number]) => answer },
  ];
  printList(terminal, options.output, { columns, rows, empty: "" });
  const missed = rows.filter(({ answer }) => answer in MISSED);
  if (missed.length > 0)
    terminal.say("error", `error: ${answersLine(tallied(missed.map(({ answer }) => answer)))}`);
  return Math.min(
    ...missed.map(({ answer }) => MISSED[answer] ?? EXIT.error),
    missed.length > 0 ? EXIT.conflict : EXIT.ok,
  );
}
