/** Takes an operation further in this command, beside whatever workers do, until it has ended. */
import {
  isFinishedOperation,
  MillraceError,
  type OperationId,
  type OperationRow,
  operate,
  type Store,
} from "@millrace/core";
import { hearInterrupts, type Interrupt } from "../interrupt.ts";
import type { Shell } from "../shell.ts";
import { progressLine } from "./operation-lines.ts";

/** How often an operation is looked at that others take further. */
const LOOK_MS = 200;
const MAX_REST_MS = 1_000;
/** A command knows no definitions; jobs are held to their schemas before they run. */
const NO_DEFINITIONS = { get: () => undefined };

/** The operation as it was seen last, and whether somebody asked to stop. */
export interface CarriedOut {
  readonly row: OperationRow;
  readonly isInterrupted: boolean;
}

/**
 * Works until the operation has ended, Ctrl-C, or only workers could take it further and none can be there. Patches are left
 * to workers where there may be some: they know what inputs must be like.
 */
export async function carryOut(shell: Shell, store: Store, id: OperationId): Promise<CarriedOut> {
  const interrupt = hearInterrupts();
  try {
    for (;;) {
      const row = await findOperation(store, id);
      shell.terminal.live(progressLine(row));
      if (isFinishedOperation(row.state) || interrupt.isRaised || isLeftAlone(store, row)) {
        return { row, isInterrupted: interrupt.isRaised };
      }
      await rest(await furtherBy(store, row), interrupt);
    }
  } finally {
    shell.terminal.live(undefined);
    interrupt.dispose();
  }
}

/** The operation with this id. @throws MillraceError `not-found` */
export async function findOperation(store: Store, id: OperationId): Promise<OperationRow> {
  const { rows } = await store.operations({ ids: [id] }, { limit: 1 });
  if (rows[0] !== undefined) return rows[0];
  throw new MillraceError(
    "not-found",
    `there is no operation ${id} in this store: see "millrace operations ls"`,
  );
}

/** A canary's jobs end only where workers run, and an embedded store has no other user than this command. */
function isLeftAlone({ capabilities }: Store, { state }: OperationRow): boolean {
  return state === "canary" && !capabilities.multiProcess;
}

async function furtherBy(store: Store, { id, patch }: OperationRow): Promise<number> {
  if (patch !== undefined && store.capabilities.multiProcess) return LOOK_MS;
  return (await operate({ store, registry: NO_DEFINITIONS, only: id })) ?? LOOK_MS;
}

/** Until then, or until the first signal; never so long that an abort elsewhere goes unseen. */
async function rest(ms: number, interrupt: Interrupt): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.min(ms, MAX_REST_MS));
  });
  await Promise.race([interrupt.first, over]);
  clearTimeout(timer);
}
