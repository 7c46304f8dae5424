/** Looks at operations through the store until they have ended. */
import { MillraceError } from "../model/errors.ts";
import type { OperationId } from "../model/ids.ts";
import { isFinishedOperation, type OperationRow } from "../model/operation.ts";
import { backoffMs, type OnError } from "../runtime/service.ts";
import { sleep, type Timing } from "../runtime/timers.ts";
import type { Store } from "../store/store.ts";
import { troubleOf } from "../store/transient.ts";

/** What an {@link OperationFollower} works with. */
export interface OperationFollowerPorts {
  readonly store: Store;
  readonly timing: Timing;
  readonly onError: OnError;
  /** Awaited before each look. */
  open(): Promise<unknown>;
}

const MOVING_REST_MS = 100;
const MAX_REST_MS = 1_000;

/** All followings of a client. */
export class OperationFollower {
  readonly #ports: OperationFollowerPorts;
  readonly #closing = new AbortController();

  constructor(ports: OperationFollowerPorts) {
    this.#ports = ports;
  }

  /** The operation as it stands. @throws MillraceError `not-found`, or what the store throws. */
  async row(id: OperationId): Promise<OperationRow> {
    await this.#ports.open();
    const { rows } = await this.#ports.store.operations({ ids: [id] }, { limit: 1 });
    if (rows[0] !== undefined) return rows[0];
    throw new MillraceError("not-found", `there is no operation ${id}`, { details: { operation: id } });
  }

  /**
   * The operation at every look, the last one once it has ended. Trouble that may pass is reported and waited out.
   * @throws MillraceError `not-found`, `store-closed`; the signal's reason.
   */
  async *follow(id: OperationId, given?: AbortSignal): AsyncGenerator<OperationRow> {
    const signals = given === undefined ? [] : [given];
    const signal = AbortSignal.any([...signals, this.#closing.signal]);
    const letGo = this.#ports.timing.hold();
    let seen = -1;
    let restMs = MOVING_REST_MS;
    try {
      for (;;) {
        const row = await this.#look(id, signal);
        yield row;
        if (isFinishedOperation(row.state)) return;
        restMs = row.turn === seen ? Math.min(restMs * 2, MAX_REST_MS) : MOVING_REST_MS;
        seen = row.turn;
        await sleep(this.#ports.timing, restMs, signal);
        signal.throwIfAborted();
      }
    } finally {
      letGo();
    }
  }

  /** Rejects whoever still follows. */
  close(): void {
    this.#closing.abort(
      new MillraceError("store-closed", "the client was closed while an operation was followed"),
    );
  }

  async #look(id: OperationId, signal: AbortSignal): Promise<OperationRow> {
    for (let failures = 1; ; failures += 1) {
      signal.throwIfAborted();
      try {
        return await this.row(id);
      } catch (error) {
        if (troubleOf(error) !== "passing") throw error;
        this.#ports.onError(error, "operation");
        await sleep(this.#ports.timing, backoffMs(failures), signal);
      }
    }
  }
}
