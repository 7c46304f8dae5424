/** What tests of odd items share: steps that try once, and what the ledger says of failed items. */
import { ClassedError } from "../model/errors.ts";
import type { ItemRow } from "../store/run-store.ts";
import type { Scene } from "../testing/scene.fixture.ts";

/** A step that tries nothing again. */
export const ONCE = { retry: "none" } as const;

/** What a step that must not go on yet fails its items with. */
export function closed(): ClassedError {
  return new ClassedError("validation", "closed", "the shop is closed");
}

/** All rows of the step "load". */
export async function ledgerOf(of: Scene<readonly []>, run: string): Promise<readonly ItemRow[]> {
  return (await of.store.items({ run: run as never, step: "load" }, { limit: 1_000 })).rows; // of a handle
}

/** Why items failed, and where. */
export function failures(rows: readonly ItemRow[]) {
  const failed = rows.filter(({ state }) => state === "failed");
  return failed.map(({ reason, stage, message }) => ({ reason, stage, message }));
}
