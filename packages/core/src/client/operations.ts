/** Stored operations in the hands of people: started, counted before, looked at, followed and aborted. */
import type { Actor } from "../model/actor.ts";
import type { ControlNote } from "../model/control-note.ts";
import { isId, type OperationId } from "../model/ids.ts";
import type { OperationState } from "../model/operation.ts";
import { badOption, refuseUnknownKeys } from "../model/options.ts";
import type { Timing } from "../runtime/timers.ts";
import type { Page } from "../store/call.ts";
import { checkFilter } from "../store/operation-checks.ts";
import type { Store } from "../store/store.ts";
import { NOTE_KEYS } from "./job-control.ts";
import { newOperation, type OperationRequest, operationFilter } from "./new-operation.ts";
import type { OperationFollower } from "./operation-follower.ts";
import { type OperationRecord, operationRecord } from "./operation-record.ts";
import { sendingAgain } from "./sending-again.ts";

/** What of an operation a program may hold on to. */
export interface OperationHandle {
  readonly id: OperationId;
  /** @throws MillraceError `not-found` */
  record(): Promise<OperationRecord>;
  /**
   * Looks at the operation until it has ended, the last time then. Workers take it further: where none runs, nothing moves.
   * Trouble with the store that may pass is reported to the client's `onError` and waited out.
   * @throws MillraceError `not-found`, `store-closed`; the signal's reason.
   */
  progress(options?: { readonly signal?: AbortSignal | undefined }): AsyncIterable<OperationRecord>;
  /** The ended operation; look at its `state`, for one that failed does not reject. @throws as `progress` */
  finished(options?: { readonly signal?: AbortSignal | undefined }): Promise<OperationRecord>;
  /** Ends it: what is done stays, nothing more is. */
  abort(note?: ControlNote): Promise<AbortAnswer>;
}

/** What became of an abort. */
export type AbortAnswer = "aborted" | "already-finished" | "not-found";

/** Which operations to list, newest first. */
export interface OperationListOptions {
  readonly states?: readonly OperationState[] | undefined;
  /** 1 to 200; 50 where left out. */
  readonly limit?: number | undefined;
  /** The `next` of an earlier page. */
  readonly after?: string | undefined;
}

/** One action on all jobs that a filter fits, taken further page by page by workers, whatever becomes of this program. */
export interface Operations {
  /**
   * Starts one; jobs that finish (or, for `cancel` and `reprioritise`, are enqueued) later are none of its.
   * @throws MillraceError `bad-config`, `bad-usage`, `bad-input`, or what the store throws.
   */
  start(request: OperationRequest): Promise<OperationHandle>;
  /** How many jobs an operation started now would be for: exact, and nothing is changed. @throws as `start` */
  count(request: Pick<OperationRequest, "action" | "filter">): Promise<number>;
  /** The operation; `undefined` where there is none. */
  get(id: string): Promise<OperationRecord | undefined>;
  list(options?: OperationListOptions): Promise<Page<OperationRecord>>;
  abort(id: string, note?: ControlNote): Promise<AbortAnswer>;
  /** A handle on an operation started earlier, perhaps elsewhere. */
  handle(id: OperationId): OperationHandle;
  /** As {@link OperationHandle.progress}. */
  progress(
    id: OperationId,
    options?: { readonly signal?: AbortSignal | undefined },
  ): AsyncIterable<OperationRecord>;
}

/** What {@link operationsOf} works with. */
export interface OperationsPorts {
  readonly store: Store;
  readonly timing: Timing;
  readonly follower: OperationFollower;
  /** Who acts where a call does not say: the audit names them for each page too. */
  readonly actor: Actor;
  open(): Promise<unknown>;
}

const LIST_KEYS: readonly (keyof OperationListOptions)[] = ["states", "limit", "after"];
const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;
/** Most jobs of one call of a count. */
const COUNT_PAGE = 10_000;

/** Works through a store that `open` opens. */
export function operationsOf(ports: OperationsPorts): Operations {
  const { store, open, follower, timing, actor } = ports;
  const abort = async (id: string, note: ControlNote = {}) => {
    refuseUnknownKeys("operations.abort", note, NOTE_KEYS);
    if (!isId(id)) return "not-found";
    await open();
    return store.abortOperation(id as OperationId, { actor, ...note }); // isId has looked
  };
  const handle = (id: OperationId) => handleOf(id, { follower, abort });
  return Object.freeze({
    start: async (request: OperationRequest) => {
      const asked = newOperation("operations.start", request);
      const operation = { ...asked, note: { actor, ...asked.note } };
      await open();
      await sendingAgain(timing, () => store.startOperation(operation));
      return handle(operation.id);
    },
    count: async (request: Pick<OperationRequest, "action" | "filter">) => {
      const filter = operationFilter("operations.count", request);
      checkFilter(filter, request.action);
      await open();
      return countAll(store, filter);
    },
    get: async (id: string) => {
      if (!isId(id)) return undefined;
      await open();
      const { rows } = await store.operations({ ids: [id as OperationId] }, { limit: 1 }); // isId has looked
      return rows[0] && operationRecord(rows[0]);
    },
    list: async (options: OperationListOptions = {}) => {
      refuseUnknownKeys("operations.list", options, LIST_KEYS);
      const { states, limit = DEFAULT_LIMIT, after } = options;
      if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
        throw badOption("operations.list.limit", limit, `1 to ${MAX_LIMIT}`);
      await open();
      const { rows, next } = await store.operations({ states }, { limit, after });
      return { rows: rows.map(operationRecord), next };
    },
    abort,
    handle,
    progress: (id: OperationId, options?: { readonly signal?: AbortSignal | undefined }) =>
      handle(id).progress(options),
  });
}

async function countAll(store: Store, filter: ReturnType<typeof operationFilter>): Promise<number> {
  let total = 0;
  let after: string | undefined;
  do {
    const page = await store.countMatching(filter, { limit: COUNT_PAGE, after });
    total += page.count;
    after = page.next;
  } while (after !== undefined);
  return total;
}

interface HandleParts {
  readonly follower: OperationFollower;
  abort(id: string, note?: ControlNote): Promise<AbortAnswer>;
}

function handleOf(id: OperationId, { follower, abort }: HandleParts): OperationHandle {
  return Object.freeze({
    id,
    record: async () => operationRecord(await follower.row(id)),
    progress: ({ signal }: { readonly signal?: AbortSignal | undefined } = {}) => ({
      async *[Symbol.asyncIterator](): AsyncGenerator<OperationRecord> {
        for await (const row of follower.follow(id, signal)) yield operationRecord(row);
      },
    }),
    finished: async ({ signal }: { readonly signal?: AbortSignal | undefined } = {}) => {
      let last = await follower.row(id);
      for await (const row of follower.follow(id, signal)) last = row;
      return operationRecord(last);
    },
    abort: (note?: ControlNote) => abort(id, note),
  });
}
