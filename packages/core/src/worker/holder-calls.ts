/** Sends holders' writes until the store answers: again after trouble, under the same write numbers. */
import { MillraceError } from "../model/errors.ts";
import type { HolderAnswer, HolderWrite } from "../model/settlement.ts";
import { backoffMs, type OnError } from "../runtime/service.ts";
import { sleep, type Timing } from "../runtime/timers.ts";
import { type Trouble, troubleOf } from "../store/transient.ts";
import type { Holder, WriteAnswer } from "./holder.ts";

/** A write and whose it is. */
export interface Sent<Write extends HolderWrite> {
  readonly write: Write;
  readonly holder: Holder;
}

/** What came of one write; `refused`: the store will never take it. */
export type SentAnswer = WriteAnswer | { readonly refused: unknown };

/** How {@link sendUntilAnswered} sends. */
export interface SendPorts<Write extends HolderWrite> {
  readonly name: string;
  readonly timing: Timing;
  readonly onError: OnError;
  send(writes: readonly Write[]): Promise<readonly HolderAnswer[]>;
}

/** Times a store may refuse a call, for a deadlock perhaps, before that is taken for its last word. */
const MAX_REFUSALS = 3;
const PATIENCE_SPENT: Readonly<Record<Trouble, number>> = {
  passing: 0,
  refused: 1,
  hopeless: Number.POSITIVE_INFINITY,
};

/**
 * Answers in order. After infrastructure trouble the same writes are sent again, without those whose lease has run
 * out meanwhile (`lost`). A batch that the store refuses is sent one by one, so that a bad member fails alone.
 */
export async function sendUntilAnswered<Write extends HolderWrite>(
  batch: readonly Sent<Write>[],
  ports: SendPorts<Write>,
): Promise<readonly SentAnswer[]> {
  let patience = MAX_REFUSALS;
  for (let failures = 1; ; failures += 1) {
    const live = failures === 1 ? batch : batch.filter((sent) => !sent.holder.isLost);
    if (live.length === 0) return batch.map(() => "lost");
    try {
      return spread(batch, live, answersTo(live, await ports.send(live.map((sent) => sent.write))));
    } catch (error) {
      ports.onError(error, ports.name);
      patience -= PATIENCE_SPENT[troubleOf(error)];
      if (patience <= 0) return spread(batch, live, await oneByOne(live, error, ports));
      await sleep(ports.timing, backoffMs(failures));
    }
  }
}

async function oneByOne<Write extends HolderWrite>(
  live: readonly Sent<Write>[],
  error: unknown,
  ports: SendPorts<Write>,
): Promise<readonly SentAnswer[]> {
  if (live.length === 1) return [{ refused: error }];
  const answers: SentAnswer[] = [];
  for (const sent of live) answers.push(...(await sendUntilAnswered([sent], ports)));
  return answers;
}

function spread(batch: readonly unknown[], live: readonly unknown[], answers: readonly SentAnswer[]) {
  if (live.length === batch.length) return answers;
  const known = new Map(live.map((sent, index) => [sent, answers[index]]));
  return batch.map((sent) => known.get(sent) ?? "lost");
}

/**
 * A store's answers, one to each write: whatever is missing must not be guessed, it may have been applied.
 * @throws MillraceError `store-failed` where there are more or fewer.
 */
export function answersTo<const Writes extends readonly unknown[]>(
  writes: Writes,
  answers: readonly HolderAnswer[],
): { readonly [Index in keyof Writes]: HolderAnswer } {
  if (answers.length === writes.length) return answers as { [Index in keyof Writes]: HolderAnswer }; // as many
  const message = `the store gave ${answers.length} answers to ${writes.length} writes of jobs; it has to give one to each`;
  throw new MillraceError("store-failed", message);
}
