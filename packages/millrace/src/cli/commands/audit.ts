/** The commands `audit ls|verify|head`. */
import {
  AUDIT_TYPES,
  type Audit,
  type AuditHead,
  type AuditType,
  type AuditView,
  auditOf,
  type ChainVerdict,
} from "@millrace/core";
import { type Command, InvalidArgumentError, Option } from "commander";
import { readHeads } from "../audit-heads.ts";
import { EXIT } from "../exit-code.ts";
import { type Format, outputOption, printList, wholeNumberFrom } from "../output.ts";
import type { Run } from "../run.ts";
import { type Shell, withHome } from "../shell.ts";
import type { Column } from "../table.ts";
import { count, counted, localTime } from "../words.ts";

interface ListOptions {
  readonly tenant?: string;
  readonly type?: AuditType;
  readonly resource?: string;
  readonly since?: Date;
  readonly until?: Date;
  readonly after?: string;
  readonly limit: number;
  readonly output: Format;
}

interface VerifyOptions {
  readonly tenant?: string;
  readonly head?: string;
  readonly output: Format;
}

const MAX_ROWS = 200;

/** Adds the commands. */
export function addAudit(program: Command, run: Run): void {
  const group = program.command("audit").description("look at what was done and by whom, and check it");
  group
    .command("ls")
    .description("list records, newest first")
    .option("--tenant <tenant>", "only this tenant's")
    .addOption(new Option("--type <type>", "only records of this type").choices(AUDIT_TYPES))
    .option("--resource <id>", "only what was done to this job, queue, schedule, operation or run")
    .option("--since <time>", "only from then on (ISO 8601)", time)
    .option("--until <time>", "only before then", time)
    .option("--limit <n>", "most records", wholeNumberFrom(1, MAX_ROWS), 20)
    .option("--after <cursor>", "go on where an earlier page ended")
    .addOption(outputOption())
    .action((options: ListOptions, command: Command) => run(command, (shell) => list(shell, options)));
  group
    .command("verify")
    .description("check every chain; exit 1 where something was edited, deleted, re-ordered or cut off")
    .option("--tenant <tenant>", "only this tenant's chain")
    .option(
      "--head <file|hash>",
      "check against a head kept elsewhere: a file that audit head printed, or its hash",
    )
    .addOption(outputOption())
    .action((options: VerifyOptions, command: Command) => run(command, (shell) => verify(shell, options)));
  group
    .command("head")
    .description("print the end of each chain, to be kept elsewhere")
    .addOption(outputOption())
    .action((options: { output: Format }, command: Command) =>
      run(command, (shell) => heads(shell, options.output)),
    );
}

function time(text: string): Date {
  const date = new Date(text);
  if (Number.isFinite(date.getTime())) return date;
  throw new InvalidArgumentError("It takes a time such as 2026-07-31 or 2026-07-31T10:43:45Z.");
}

/** The audit of a store that is there. */
function withAudit(shell: Shell, work: (audit: Audit) => Promise<number>): Promise<number> {
  return withHome(shell, { reads: true }, ({ store, info }) => work(auditOf(store, async () => info)));
}

const COLUMNS: readonly Column<AuditView>[] = [
  { title: "n", align: "right", cell: ({ n }) => (n === null ? "–" : count(n)) },
  { title: "tenant", cell: ({ tenant }) => tenant },
  { title: "time", cell: ({ at }) => localTime(Date.parse(at)) },
  { title: "type", cell: ({ type }) => type },
  { title: "who", cell: ({ actor }) => `${actor.kind} ${actor.id}` },
  { title: "what", cell: whatOf },
  { title: "reason", cell: ({ reason }) => (reason ?? "").replaceAll(/\s+/g, " ").slice(0, 60) },
];

function whatOf({ resourceType, resourceId, details }: AuditView): string {
  const { count: jobs } = details;
  if (resourceId !== null) return `${resourceType} ${resourceId}`;
  return typeof jobs === "number" ? counted(jobs, resourceType) : resourceType;
}

async function list(shell: Shell, options: ListOptions): Promise<number> {
  return withAudit(shell, async (audit) => {
    const { tenant, type, resource, since, until, limit, after, output } = options;
    const { rows, next } = await audit.list({
      ...{ tenant, resourceId: resource, from: since, until, limit, after },
      types: type === undefined ? undefined : [type],
    });
    printList(shell.terminal, output, { columns: COLUMNS, rows, empty: "there are no such records" });
    if (next !== undefined) shell.terminal.say("info", `there are more: go on with --after ${next}`);
    return EXIT.ok;
  });
}

const VERDICTS: readonly Column<ChainVerdict>[] = [
  { title: "tenant", cell: ({ tenant }) => tenantName(tenant) },
  { title: "records", align: "right", cell: ({ records }) => count(records) },
  { title: "pending", align: "right", cell: ({ pending }) => count(pending) },
  { title: "pruned to", align: "right", cell: ({ prunedTo }) => (prunedTo === 0 ? "–" : count(prunedTo)) },
  { title: "chain", cell: ({ isSound }) => (isSound ? "sound" : "broken") },
];

function tenantName(tenant: string): string {
  return tenant === "" ? "(none)" : tenant;
}

async function verify(shell: Shell, { tenant, head, output }: VerifyOptions): Promise<number> {
  const known = head === undefined ? [] : readHeads(head, { folder: shell.folder, tenant });
  return withAudit(shell, async (audit) => {
    const { isSound, chains } = await audit.verify({ heads: known, tenant });
    printList(shell.terminal, output, { columns: VERDICTS, rows: chains, empty: "there are no records" });
    for (const line of chains.flatMap(damageLines)) shell.terminal.say("error", line);
    return isSound ? EXIT.ok : EXIT.error;
  });
}

function damageLines({ tenant, damages }: ChainVerdict): readonly string[] {
  return damages.map(
    ({ kind, from, says }) => `tenant ${tenantName(tenant)}, record ${from}: ${kind}: ${says}`,
  );
}

const HEADS: readonly Column<AuditHead>[] = [
  { title: "tenant", cell: ({ tenant }) => tenantName(tenant) },
  { title: "n", align: "right", cell: ({ n }) => String(n) },
  { title: "hash", cell: ({ hash }) => hash },
];

async function heads(shell: Shell, output: Format): Promise<number> {
  return withAudit(shell, async (audit) => {
    const rows = await audit.heads();
    printList(shell.terminal, output, { columns: HEADS, rows, empty: "there are no records" });
    return EXIT.ok;
  });
}
