/** Listens on channels of a PostgreSQL server: one connection, made anew whenever it is lost. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ChannelEvents, ChannelListener } from "../sql-client.ts";
import { newConnection, type OwnAddress, refusePooler } from "./own-connection.ts";
import { pgError } from "./pg-errors.ts";

/** Where the connection of its own leads. */
export interface ChannelOptions extends OwnAddress {
  /** Whether to listen at a pooler, too: the caller says that its connections stay with one server process. */
  readonly trustsPooler: boolean;
}

const FIRST_REST_MS = 100;
const LONGEST_REST_MS = 5_000;

/** Starts to listen. A gap is followed by a signal, since what happened in it went unheard. */
export function listenOn(
  channels: readonly string[],
  events: ChannelEvents,
  options: ChannelOptions,
): ChannelListener {
  const stopping = new AbortController();
  const listening = keepListening(channels, events, { ...options, signal: stopping.signal });
  return {
    stop: () => {
      stopping.abort();
      return listening;
    },
  };
}

async function keepListening(
  channels: readonly string[],
  events: ChannelEvents,
  options: ChannelOptions & { readonly signal: AbortSignal },
): Promise<void> {
  const { where, signal } = options;
  for (let failures = 0; !signal.aborted; ) {
    try {
      await listenOnce(channels, events, { ...options, onReady: () => (failures = 0) });
    } catch (error) {
      events.onError(pgError(error, where));
    }
    failures += 1;
    await sleep(Math.min(FIRST_REST_MS * 2 ** failures, LONGEST_REST_MS), undefined, { signal }).catch(
      () => undefined,
    );
  }
}

/** Until the connection is lost or the signal fires. @throws what ended the connection. */
async function listenOnce(
  channels: readonly string[],
  events: ChannelEvents,
  options: ChannelOptions & { readonly signal: AbortSignal; readonly onReady: () => void },
): Promise<void> {
  const client = await newConnection(options);
  const over = new Promise<void>((resolve, reject) => {
    client.on("error", reject);
    client.on("end", () => reject(new Error("the listening connection was closed")));
    if (options.signal.aborted) resolve();
    options.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  over.catch(() => undefined); // also heard below, once it listens
  try {
    await client.connect();
    if (!options.trustsPooler) await refusePooler(client, options.where); // it may have come since the store was opened
    client.on("notification", ({ channel, payload = "" }) => events.onSignal({ channel, payload }));
    await client.query(channels.map((channel) => `listen ${client.escapeIdentifier(channel)}`).join("; "));
    options.onReady();
    events.onSignal();
    await over;
  } finally {
    await client.end().catch(() => undefined);
  }
}
