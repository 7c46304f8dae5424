/** The `signals` capability on a server: idle workers in a table, a channel of the schema, NOTIFY after the commit. */
import { randomUUID } from "node:crypto";
import {
  type Accepted,
  type Listening,
  type ListenOptions,
  type NewJob,
  type Opening,
  PRIORITIES,
  type SignalCapability,
} from "@millrace/core";
import { classCode } from "../codes.ts";
import type { Session } from "../session.ts";
import type { ChannelEvents, ChannelListener, SqlClient } from "../sql-client.ts";
import { Announcer } from "./announcer.ts";
import { offer, offerable, readOffer } from "./offer.ts";
import { QuietQueues } from "./quiet-queues.ts";

/** Both ends of a store's signals. */
export interface Signals {
  /**
   * Left out where connections do not stay with one server process: such a store tells, but cannot hear. Known once the
   * client is open.
   */
  readonly capability: SignalCapability | undefined;
  /** Jobs were committed. */
  announce(jobs: Iterable<NewJob>): void;
  /** Jobs were written in a transaction that is not ours: whoever listens now is told when it commits. */
  announceWithin(session: Session, jobs: Iterable<NewJob>): Promise<void>;
  /**
   * Enqueues a lone plain job so that an idle worker gets it at once, and tells of it where none could. `undefined`, and
   * nothing done, for any other, and while nobody is known to be idle.
   */
  offer(jobs: readonly NewJob[]): Promise<readonly Accepted[] | undefined>;
}

/** Signals over this database; `undefined` where no other process could be listening. */
export function signalsOn(client: SqlClient, schema: string, alone: Session): Signals | undefined {
  if (client.exclusive) return undefined;
  const channel = `millrace:${schema}`;
  const quiet = new QuietQueues();
  const tell = async (session: Session, queues: readonly string[]): Promise<number> => {
    const [row] = await session.run<{ told: number }>("signal/wake", [channel, queues, session === alone]);
    const told = row?.told ?? 0;
    if (told > 0) for (const queue of queues) quiet.note(queue, false);
    return told;
  };
  const announcer = new Announcer({ tell: (queues) => tell(alone, queues) });
  return {
    get capability() {
      return capabilityOf(client, { alone, channel });
    },
    announce: (jobs) => announcer.announce(dueQueues(jobs)),
    announceWithin: async (session, jobs) => {
      const queues = [...dueQueues(jobs)];
      if (queues.length > 0) await tell(session, queues);
    },
    offer: async (jobs) => {
      const [job] = jobs;
      const plain = job === undefined || quiet.has(job.queue) ? undefined : offerable(jobs);
      const offered = plain && (await offer(alone, plain));
      if (job === undefined || offered === undefined) return undefined;
      quiet.note(job.queue, !offered.isAnybodyIdle);
      if (!offered.isOffered) announcer.announce([job.queue]);
      return [offered.accepted];
    },
  };
}

function capabilityOf(
  { listen }: SqlClient,
  { alone, channel }: { readonly alone: Session; readonly channel: string },
): SignalCapability | undefined {
  return (
    listen && {
      listen: (options) => {
        const own = `millrace:${randomUUID()}`;
        return listening(alone, { ...options, own, ear: listen([channel, own], eventsOf(options, own)) });
      },
    }
  );
}

/** The worker's own channel brings offers; anything else is a reason to look. */
function eventsOf({ onWake, onOffer, onError }: ListenOptions, own: string): ChannelEvents {
  return {
    onSignal: (message) => (message?.channel === own ? onOffer(readOffer(message.payload)) : onWake()),
    onError,
  };
}

/** A worker's end: its channel, and the connection that listens on it. */
interface Ear extends ListenOptions {
  readonly own: string;
  readonly ear: ChannelListener;
}

function listening(session: Session, { worker, own, ear }: Ear): Listening {
  return {
    idle: async (openings, { forMs, offerMs }) => {
      const values = [worker, JSON.stringify(openings.map(rowOfOpening)), forMs, own, offerMs];
      const [row] = await session.run<{ now: string }>("signal/idle", values);
      return Number(row?.now);
    },
    stop: async () => {
      // Offers committed before this are on their way to the ear.
      await session.run("signal/leave", [worker]).catch(() => undefined); // it runs out by itself
      await ear.stop();
    },
  };
}

function rowOfOpening({ queue, max, names, priorities = PRIORITIES }: Opening): object {
  return { queue, max, names, classes: priorities.map(classCode) };
}

/** Later jobs are found when their time comes, by alarm or poll. */
function dueQueues(jobs: Iterable<NewJob>): ReadonlySet<string> {
  const queues = new Set<string>();
  for (const { delayMs, queue } of jobs) if (delayMs <= 0) queues.add(queue);
  return queues;
}
