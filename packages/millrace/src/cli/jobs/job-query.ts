/** Which jobs a command is about, as its options say it: the store filters by all of them. */
import {
  isId,
  type JobFilter,
  type JobId,
  type JobState,
  MillraceError,
  PRIORITIES,
  type Priority,
  type RunId,
} from "@millrace/core";
import { type Command, Option } from "commander";
import { type Moment, momentValue, wordsFrom } from "../option-values.ts";
import type { OpenHome } from "../shell.ts";

/** Options that choose jobs; every one given must match. */
export interface QueryOptions {
  readonly state?: readonly JobState[];
  readonly queue?: string;
  readonly name?: string;
  readonly tenant?: string;
  readonly priority?: Priority;
  readonly tag?: string;
  readonly fingerprint?: string;
  readonly run?: string;
  readonly parent?: string;
  readonly since?: Moment;
  readonly until?: Moment;
}

const NAMES: readonly (keyof QueryOptions)[] = [
  "state",
  "queue",
  "name",
  "tenant",
  "priority",
  "tag",
  "fingerprint",
  "run",
  "parent",
  "since",
  "until",
];

/** Adds the options to a command that takes jobs in these states. */
export function addQueryOptions(command: Command, states: readonly JobState[]): Command {
  const stateOption = new Option("--state <states>", "only jobs in these states, with commas between them");
  return command
    .addOption(stateOption.choices(states).argParser(wordsFrom(states)))
    .option("--queue <queue>", "only jobs of this queue")
    .option("--name <name>", "only jobs of this name")
    .option("--tenant <tenant>", "only jobs of this tenant")
    .addOption(new Option("--priority <class>", "only jobs of this class").choices(PRIORITIES))
    .option("--tag <tag>", "only jobs with this tag")
    .option("--fingerprint <fingerprint>", "only jobs whose last error has this fingerprint")
    .option("--run <id>", "only jobs of this run")
    .option("--parent <id>", "only children of this job")
    .option("--since <moment>", "only jobs created since: an instant, or how long ago (1h)", momentValue)
    .option("--until <moment>", "only jobs created until: an instant, or how long ago (1h)", momentValue);
}

/** Whether any of them was given. */
export function isNarrowed(options: QueryOptions): boolean {
  return NAMES.some((name) => options[name] !== undefined);
}

/** The filter; `states` where no `--state` was given. @throws MillraceError `bad-usage` for a run or parent that is no id. */
export async function jobQuery(
  options: QueryOptions,
  home: Pick<OpenHome, "nowMs">,
  states?: readonly JobState[],
): Promise<JobFilter> {
  const { queue, name, tenant, priority, tag, fingerprint, run, parent, since, until } = options;
  const isRelative = [since, until].some((moment) => moment !== undefined && "agoMs" in moment);
  const nowMs = isRelative ? await home.nowMs() : 0;
  return {
    states: options.state ?? states,
    queue,
    name,
    tenant,
    run: idOf<RunId>("--run", run),
    parent: idOf<JobId>("--parent", parent),
    priorities: priority && [priority],
    tags: tag === undefined ? undefined : [tag],
    fingerprints: fingerprint === undefined ? undefined : [fingerprint],
    createdFromMs: msOf(since, nowMs),
    createdUntilMs: msOf(until, nowMs),
  };
}

function msOf(moment: Moment | undefined, nowMs: number): number | undefined {
  if (moment === undefined) return undefined;
  return Math.round("atMs" in moment ? moment.atMs : nowMs - moment.agoMs);
}

function idOf<Id extends JobId | RunId>(option: string, text: string | undefined): Id | undefined {
  if (text === undefined || isId(text)) return text as Id | undefined; // isId has looked
  throw new MillraceError("bad-usage", `${option} is "${text}"; it takes an id as lists show them`);
}
