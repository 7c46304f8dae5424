/** The `signals` capability on a server: idle workers in a table, a channel of the schema, NOTIFY after the commit. */
import type { Listening, ListenOptions, NewJob, SignalCapability } from "@millrace/core";
import type { Session } from "../session.ts";
import type { SqlClient } from "../sql-client.ts";
import { Announcer } from "./announcer.ts";

/** Both ends of a store's signals. */
export interface Signals {
  /** Left out where connections do not stay with one server process: such a store tells, but cannot hear. */
  readonly capability: SignalCapability | undefined;
  /** Jobs were committed. */
  announce(jobs: Iterable<NewJob>): void;
  /** Jobs were written in a transaction that is not ours: whoever listens now is told when it commits. */
  announceWithin(session: Session, jobs: Iterable<NewJob>): Promise<void>;
}

/** Signals over this database; `undefined` where no other process could be listening. */
export function signalsOn(client: SqlClient, schema: string, alone: Session): Signals | undefined {
  if (client.exclusive) return undefined;
  const { listen } = client;
  const channel = `millrace:${schema}`;
  const tell = async (session: Session, queues: readonly string[]): Promise<number> => {
    const [row] = await session.run<{ told: number }>("signal/wake", [channel, queues, session === alone]);
    return row?.told ?? 0;
  };
  const announcer = new Announcer({ tell: (queues) => tell(alone, queues) });
  return {
    capability: listen && {
      listen: (options) => listening(alone, options, listen(channel, eventsOf(options))),
    },
    announce: (jobs) => announcer.announce(dueQueues(jobs)),
    announceWithin: async (session, jobs) => {
      const queues = [...dueQueues(jobs)];
      if (queues.length > 0) await tell(session, queues);
    },
  };
}

function eventsOf({ onWake, onError }: ListenOptions) {
  return { onSignal: onWake, onError };
}

function listening(session: Session, { worker }: ListenOptions, ear: { stop(): Promise<void> }): Listening {
  return {
    idle: async (queues, forMs) => {
      await session.run("signal/idle", [worker, queues, forMs]);
    },
    stop: async () => {
      await ear.stop();
      await session.run("signal/leave", [worker]).catch(() => undefined); // it runs out by itself
    },
  };
}

/** Later jobs are found when their time comes, by alarm or poll. */
function dueQueues(jobs: Iterable<NewJob>): ReadonlySet<string> {
  const queues = new Set<string>();
  for (const { delayMs, queue } of jobs) if (delayMs <= 0) queues.add(queue);
  return queues;
}
