/** The command `jobs tail`: what happens to jobs, a line each, as it happens. */
import { type EventKind, jobEvent, type MillraceEvent, TRANSITIONS } from "@millrace/core";
import { type OpenClient, withClient } from "../client.ts";
import { EXIT } from "../exit-code.ts";
import { hearInterrupts } from "../interrupt.ts";
import type { Format } from "../output.ts";
import { refuseAlone, type Shell } from "../shell.ts";
import { localTime } from "../words.ts";

/** Options of the command. */
export interface TailOptions {
  readonly kind?: readonly EventKind[];
  readonly queue?: string;
  readonly name?: string;
  readonly tenant?: string;
  readonly after?: string;
  readonly all?: boolean;
  readonly follow: boolean;
  readonly limit?: number;
  readonly output: Exclude<Format, "json">;
}

/** What `--kind` takes. */
export const EVENT_KINDS: readonly EventKind[] = TRANSITIONS;
const PAGE = 500;
const KIND_WIDTH = Math.max(...EVENT_KINDS.map((kind) => kind.length));

/** Prints events of one job, or of all, until a signal, the limit or (without following) the end. */
export async function tailEvents(
  shell: Shell,
  id: string | undefined,
  options: TailOptions,
): Promise<number> {
  return withClient(shell, { reads: true }, async (client) => {
    if (options.follow) refuseAlone(client.home, "jobs tail");
    const interrupt = hearInterrupts();
    try {
      await printEvents(shell, eventsOf(client, options, interrupt.signal), { id, options });
      return interrupt.isRaised ? EXIT.interrupted : EXIT.ok;
    } finally {
      interrupt.dispose();
    }
  });
}

function eventsOf(
  client: OpenClient,
  options: TailOptions,
  signal: AbortSignal,
): AsyncIterable<MillraceEvent> {
  const { after, all, follow } = options;
  if (!follow) return keptEvents(client, after, signal);
  return client.mr.events({ after: after ?? (all === true ? undefined : "latest"), signal });
}

/** The events kept, to the newest. */
async function* keptEvents(
  { home }: OpenClient,
  after: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<MillraceEvent> {
  let position = after;
  while (!signal.aborted) {
    const page = await home.store.events(
      position === undefined ? { limit: PAGE } : { limit: PAGE, after: position },
    );
    if (page.reset) yield { kind: "reset", position: page.next };
    yield* page.events.map(jobEvent);
    if (page.next === position) return;
    position = page.next;
  }
}

async function printEvents(
  { terminal }: Shell,
  events: AsyncIterable<MillraceEvent>,
  { id, options }: { readonly id: string | undefined; readonly options: TailOptions },
): Promise<void> {
  let printed = 0;
  for await (const event of events) {
    if (!isWanted(event, id, options)) continue;
    terminal.print(options.output === "ndjson" ? JSON.stringify(event) : eventLine(event));
    printed += 1;
    if (printed === options.limit) return;
  }
}

function isWanted(event: MillraceEvent, id: string | undefined, options: TailOptions): boolean {
  if (event.kind === "reset") return true;
  const { kind, queue, name, tenant } = options;
  const isOfKind = kind === undefined || kind.includes(event.kind);
  const wanted: readonly (readonly [string | undefined, string | null])[] = [
    [id, event.job],
    [queue, event.queue],
    [name, event.name],
    [tenant, event.tenant],
  ];
  return isOfKind && wanted.every(([want, is]) => want === undefined || want === is);
}

function eventLine(event: MillraceEvent): string {
  if (event.kind === "reset") return "(some events before this are gone)";
  const { at, kind, job, name, queue } = event;
  return `${localTime(Date.parse(at))}  ${kind.padEnd(KIND_WIDTH)}  ${job}  ${name ?? "–"}  ${queue ?? "–"}`;
}
