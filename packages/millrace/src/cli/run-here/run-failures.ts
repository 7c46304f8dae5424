/** What failed in a run: its items by reason, and the run itself. */
import type { RunId, RunRow, Store } from "@millrace/core";
import { count } from "../words.ts";

const PAGE = 1_000;

/** How many items of a step failed, counted in the ledger, the most frequent reason first. */
export async function failuresByReason(
  store: Store,
  of: { readonly run: RunId; readonly step: string },
): Promise<Readonly<Record<string, number>>> {
  const reasons = new Map<string, number>();
  let after: string | undefined;
  do {
    const page = await store.items({ ...of, states: ["failed"] }, { limit: PAGE, after });
    for (const { reason = "unknown" } of page.rows) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    after = page.next;
  } while (after !== undefined);
  return Object.fromEntries([...reasons].sort(([, a], [, b]) => b - a));
}

/** The same for people; nothing where nothing failed. */
export function failureLines(failures: Readonly<Record<string, number>>, run: RunId): readonly string[] {
  const reasons = Object.entries(failures).map(([reason, number]) => `${reason} ${count(number)}`);
  if (reasons.length === 0) return [];
  return [`failed: ${reasons.join(", ")}`, `which ones: millrace batch items ${run} --state failed`];
}

/** What to say of a run that did not get to its end; nothing of others. */
export function unfinishedLine({
  id,
  state,
  error,
}: Pick<RunRow, "id" | "state" | "error">): string | undefined {
  if (state === "failed") return `error: the run failed: ${failureOf(error)}`;
  if (state !== "cancelled") return undefined;
  return (
    "error: the run was cancelled: the same command begins anew, " +
    `or goes on with what is done after: millrace batch restart ${id}`
  );
}

/** Why a run failed. Its error is JSON text of class and message. */
function failureOf(error: string | undefined): string {
  if (error === undefined) return "its coordinator was given up";
  try {
    const { message } = JSON.parse(error) as { readonly message?: unknown }; // written by the coordinator
    return typeof message === "string" ? message : error;
  } catch {
    return error;
  }
}
