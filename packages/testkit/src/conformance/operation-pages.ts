/** What rules of operations start, take further and look at. */
import {
  type NewOperation,
  newId,
  type OperationId,
  type OperationRow,
  type OperationTurn,
} from "@millrace/core";
import { expect } from "vitest";
import { LEASE_MS } from "./builders.ts";
import type { Scene } from "./scene.ts";

export const DEAD: NewOperation["filter"] = { states: ["dead"] };

/** An operation that replays all dead letters, but for what is given. */
export function newOperation(given: Partial<NewOperation> = {}): NewOperation {
  return { id: newId<OperationId>(), action: "retry", filter: DEAD, note: {}, ...given };
}

export async function start(scene: Scene, given: Partial<NewOperation> = {}): Promise<OperationId> {
  const operation = newOperation(given);
  await scene.store.startOperation(operation);
  return operation.id;
}

export function take(scene: Scene, limit = 100): Promise<OperationTurn | undefined> {
  return scene.store.takeOperation({ leaseMs: LEASE_MS, limit });
}

export async function taken(scene: Scene, limit?: number): Promise<OperationTurn> {
  const turn = await take(scene, limit);
  if (turn === undefined) throw new Error("no operation is due");
  return turn;
}

export function apply(scene: Scene, { operation, ...page }: OperationTurn): Promise<"applied" | "fenced"> {
  return scene.store.advanceOperation({ ...page, id: operation.id, turn: operation.turn });
}

/** Takes pages until nothing is due; gives the sizes of those that had members. */
export async function work(scene: Scene, limit = 100): Promise<readonly number[]> {
  const sizes: number[] = [];
  for (let turn = await take(scene, limit); turn !== undefined; turn = await take(scene, limit)) {
    expect(await apply(scene, turn)).toBe("applied");
    if (turn.members.length > 0) sizes.push(turn.members.length);
  }
  return sizes;
}

export async function operation(scene: Scene, id: OperationId): Promise<OperationRow> {
  const { rows } = await scene.store.operations({ ids: [id] }, { limit: 1 });
  if (rows[0] === undefined) throw new Error(`operation ${id} is not listed`);
  return rows[0];
}
