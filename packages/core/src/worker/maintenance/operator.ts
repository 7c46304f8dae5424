/** Takes stored operations further, a page at a time. */
import type { Registry } from "../../job/registry.ts";
import type { OperationId } from "../../model/ids.ts";
import type { Json } from "../../model/json.ts";
import { restAfter } from "../../model/operation.ts";
import { Loop } from "../../runtime/service.ts";
import type { OperationTurn, OperationWork } from "../../store/operation-store.ts";
import type { Store } from "../../store/store.ts";
import { type Patchable, patchedMember } from "./patching.ts";
import type { SweepOptions } from "./sweep-options.ts";

/** What operations are taken further with. */
export interface OperatePorts {
  readonly store: Store;
  /** Says what patched jobs must be like. */
  readonly registry: Pick<Registry, "get">;
  /** No operation but this one; whichever is due where left out. */
  readonly only?: OperationId | undefined;
}

/** Most jobs of one page. */
const LIMIT = 500;
/** How long a page stays with a process that has taken it; far longer than any page takes. */
const LEASE_MS = 30_000;

/**
 * Takes the operation that has been due for longest one page further; gives how long its rate lets it rest then, in ms,
 * or `undefined` where none was due. Killed at any moment, it leaves the page done or not done at all.
 */
export async function operate({ store, registry, only }: OperatePorts): Promise<number | undefined> {
  const turn = await store.takeOperation({ leaseMs: LEASE_MS, limit: LIMIT, only });
  if (turn === undefined) return undefined;
  const { operation, reached, isLast } = turn;
  const members = await workOf(turn, registry);
  await store.advanceOperation({ id: operation.id, turn: operation.turn, members, reached, isLast });
  return restAfter(members.length, operation);
}

function workOf(
  { operation, members }: OperationTurn,
  registry: OperatePorts["registry"],
): Promise<OperationWork[]> {
  if (operation.patch === undefined)
    return Promise.resolve(members.map(({ id, generation }) => ({ id, generation })));
  const patch = JSON.parse(operation.patch) as Json; // checked where the operation was made
  const patchable = members as readonly Patchable[]; // the store gives envelopes where there is a patch
  return Promise.all(patchable.map((member) => patchedMember(member, patch, registry)));
}

/** A loop that operates; `onMoved` is told when jobs may have become ready by that. */
export function operator(
  { store, timing, onError, sweepMs, firstRestMs }: SweepOptions,
  registry: OperatePorts["registry"],
  onMoved: () => void,
): Loop {
  const pass = async () => {
    const restMs = await operate({ store, registry });
    if (restMs === undefined) return sweepMs;
    onMoved();
    return Math.min(restMs, sweepMs);
  };
  return new Loop({ name: "operate", timing, onError, pass, firstRestMs });
}
