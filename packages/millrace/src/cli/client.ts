/** The client that commands work with, over a store that is opened for the command and closed after it. */
import { createMillrace, type Millrace, type QueuesOptions, type Store } from "@millrace/core";
import { programOptions } from "../config/program-options.ts";
import { commandActor } from "./command-actor.ts";
import { oneLine } from "./error-line.ts";
import { type HomeUse, type OpenHome, type Shell, withHome } from "./shell.ts";

/** A client, and the home it works on. */
export interface OpenClient {
  readonly mr: Millrace<readonly []>;
  readonly home: OpenHome;
}

/**
 * As `withHome`, with a client as the settings say, but for capacities: those are set by programs that do the work, not by
 * whoever looks. Trouble in the background is told with `-v`.
 */
export function withClient<T>(
  shell: Shell,
  use: HomeUse,
  work: (client: OpenClient) => Promise<T>,
): Promise<T> {
  return withHome(shell, use, async (home) => {
    const onError = (error: unknown, where: string): void =>
      shell.terminal.say("debug", `${where}: ${oneLine(error)}`);
    const { queues, ...options } = programOptions(shell.settings);
    const own = { store: alreadyOpen(home), migrate: "off", onError, actor: commandActor() } as const;
    const mr = createMillrace({ ...options, queues: withoutCapacities(queues), ...own });
    try {
      return await work({ mr, home });
    } finally {
      await mr.close();
    }
  });
}

function withoutCapacities(queues: QueuesOptions = {}): QueuesOptions {
  const entries = Object.entries(queues).map(([name, queue]) => [name, { ...queue, capacity: undefined }]);
  return Object.fromEntries(entries);
}

/** The home opens its store, and looks after its schema. */
function alreadyOpen({ store, info }: OpenHome): Store {
  return { ...store, open: () => Promise.resolve(info) };
}
