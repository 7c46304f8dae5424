/** Operations as the command line shows them. */
import { type OperationRecord, type OperationRow, operationRecord } from "@millrace/core";
import { EXIT } from "../exit-code.ts";
import { type Format, printRecord } from "../output.ts";
import type { Column } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { count, counted, localTime } from "../words.ts";

/** The columns of a list. */
export const OPERATION_COLUMNS: readonly Column<OperationRecord>[] = [
  { title: "operation", cell: ({ id }) => id },
  { title: "action", cell: ({ action }) => action },
  { title: "state", cell: ({ state }) => state },
  { title: "done", align: "right", cell: ({ done }) => count(done) },
  { title: "of", align: "right", cell: ({ total }) => (total === null ? "" : count(total)) },
  { title: "failed", align: "right", cell: ({ failed }) => count(failed) },
  { title: "started", cell: ({ createdAt }) => localTime(Date.parse(createdAt)) },
  { title: "reason", cell: ({ reason }) => (reason ?? "").slice(0, 40) },
];

/** Prints one operation. */
export function printOperation(terminal: Terminal, format: Format, row: OperationRow): void {
  const record = operationRecord(row);
  printRecord(terminal, format, { value: record, lines: operationLines(record) });
}

function operationLines(operation: OperationRecord): readonly string[] {
  const { canary, patch, perSecond, priority, total } = operation;
  const facts: readonly (readonly [string, string | null])[] = [
    ["operation", operation.id],
    ["action", operation.action],
    ["state", operation.state],
    ["jobs", JSON.stringify(operation.filter)],
    ["done", total === null ? count(operation.done) : `${count(operation.done)} of ${count(total)}`],
    ["skipped", operation.skipped === 0 ? null : count(operation.skipped)],
    ["failed", operation.failed === 0 ? null : count(operation.failed)],
    ["to class", priority],
    ["rate", perSecond === null ? null : `${perSecond} a second`],
    [
      "canary",
      canary === null ? null : `${counted(canary.jobs, "job")}, ${canary.minCompleted} % must complete`,
    ],
    ["patch", patch === null ? null : JSON.stringify(patch).slice(0, 500)],
    ["reason", operation.reason],
    ["by", operation.by],
    ["started", operation.createdAt],
    ["finished", operation.finishedAt],
    ["error", operation.error],
  ];
  const shown = facts.flatMap(([name, value]) => (value === null ? [] : [`${name.padEnd(10)}${value}`]));
  return [...shown, ...operation.problems.map(({ job, message }) => `job ${job}: ${message}`)];
}

/** How far it is, in one line. */
export function progressLine({ state, done, skipped, failed, total }: OperationRow): string {
  const parts = [
    total === undefined ? counted(done, "job") : `${count(done)} of ${counted(total, "job")}`,
    skipped > 0 ? `${count(skipped)} skipped` : "",
    failed > 0 ? `${count(failed)} failed` : "",
    state === "canary" ? "waiting for the canary's jobs to end" : "",
  ];
  return parts.filter((part) => part !== "").join(" · ");
}

/** The exit code of a command that waited for it. */
export function exitCodeOfOperation({ state, failed }: OperationRow): number {
  if (state === "failed" || state === "aborted") return EXIT.failed;
  return failed > 0 ? EXIT.partial : EXIT.ok;
}
