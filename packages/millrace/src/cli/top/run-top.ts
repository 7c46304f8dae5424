/** The command `top`: looks again and again, redrawn on a terminal, a line each time elsewhere. */
import { type Duration, durationMs, isStoreFailure } from "@millrace/core";
import { type OpenClient, withClient } from "../client.ts";
import { oneLine } from "../error-line.ts";
import { EXIT } from "../exit-code.ts";
import { hearInterrupts } from "../interrupt.ts";
import { type Format, printRecord } from "../output.ts";
import { rest } from "../rest.ts";
import { refuseAlone, type Shell } from "../shell.ts";
import { localTime } from "../words.ts";
import { Screen } from "./screen.ts";
import { type TopSnapshot, takeSnapshot } from "./top-snapshot.ts";
import { topLines, totalsLine } from "./top-view.ts";

/** Options of the command. */
export interface TopOptions {
  readonly once?: boolean;
  readonly every: Duration;
  readonly output: Format;
}

const LEAST_EVERY_MS = 100;
const ENDLESS = { columns: Number.POSITIVE_INFINITY, rows: Number.POSITIVE_INFINITY };
const CTRL_C = "\u0003";

/** Shows how the store stands until it is told to stop. */
export async function runTop(shell: Shell, options: TopOptions): Promise<number> {
  return withClient(shell, { reads: true }, async (client) => {
    if (options.once === true) {
      const snapshot = await takeSnapshot(client);
      printSnapshot(shell, snapshot, options.output);
      return EXIT.ok;
    }
    refuseAlone(client.home, "top without --once");
    const isFullScreen = process.stdout.isTTY && process.stdin.isTTY && options.output === "table";
    return isFullScreen ? drawOn(client, options) : printOn(shell, client, options);
  });
}

function printSnapshot({ terminal }: Shell, snapshot: TopSnapshot, output: Format): void {
  const { paused, ...rest } = snapshot;
  const value = { ...rest, paused: [...paused] };
  printRecord(terminal, output, { value, lines: topLines(snapshot, ENDLESS) });
}

/** A line a look; `ndjson` has them whole. */
async function printOn(shell: Shell, client: OpenClient, { every, output }: TopOptions): Promise<number> {
  const interrupt = hearInterrupts();
  const { terminal } = shell;
  try {
    while (!interrupt.isRaised) {
      const seen = await look(client);
      if (typeof seen === "string") terminal.say("warn", seen);
      else if (output === "table") terminal.print(`${localTime(seen.takenAtMs)}  ${totalsLine(seen.stats)}`);
      else printSnapshot(shell, seen, "ndjson");
      await rest(everyMs(every), interrupt.signal);
    }
    return EXIT.interrupted;
  } finally {
    interrupt.dispose();
  }
}

/** `q` ends it as done, Ctrl-C and signals as interrupted. */
async function drawOn(client: OpenClient, { every }: TopOptions): Promise<number> {
  const interrupt = hearInterrupts();
  const quitting = new AbortController();
  const hurry = { wake: (): void => undefined };
  let code: number = EXIT.interrupted;
  let shown: { readonly snapshot?: TopSnapshot; readonly trouble?: string } = {};
  const quit = (as: number): void => {
    code = as;
    quitting.abort();
  };
  const screen = new Screen(process, {
    onKey: (key) => {
      if (key === "q") quit(EXIT.ok);
      else if (key === CTRL_C) quit(EXIT.interrupted);
      else if (key === "r") hurry.wake();
    },
    onResize: () => screen.draw(screenLines(shown, { screen, client, every })),
  });
  const stop = AbortSignal.any([quitting.signal, interrupt.signal]);
  const stopped = new Promise<undefined>((resolve) =>
    stop.addEventListener("abort", () => resolve(undefined), { once: true }),
  );
  try {
    screen.open();
    while (!stop.aborted) {
      const seen = await Promise.race([look(client), stopped]); // nobody waits for a store that does not answer
      if (seen === undefined) break;
      shown = typeof seen === "string" ? { ...shown, trouble: seen } : { snapshot: seen };
      screen.draw(screenLines(shown, { screen, client, every }));
      await untilNext(everyMs(every), stop, hurry);
    }
    return code;
  } finally {
    screen.close();
    interrupt.dispose();
  }
}

function screenLines(
  { snapshot, trouble }: { readonly snapshot?: TopSnapshot; readonly trouble?: string },
  {
    screen,
    client,
    every,
  }: { readonly screen: Screen; readonly client: OpenClient; readonly every: Duration },
): readonly string[] {
  const { columns, rows } = screen;
  const time = snapshot === undefined ? "" : localTime(snapshot.takenAtMs);
  const title = `millrace top  ${client.home.place.name}  ${time}  every ${every}  q quits, r looks now`;
  const head = [title, ...(trouble === undefined ? [] : [trouble])].map((line) => line.slice(0, columns));
  return snapshot === undefined
    ? head
    : [...head, ...topLines(snapshot, { columns, rows: rows - head.length })];
}

/** A snapshot, or why there is none now. @throws what waiting does not mend. */
async function look(client: OpenClient): Promise<TopSnapshot | string> {
  try {
    return await takeSnapshot(client);
  } catch (error) {
    if (!isStoreFailure(error)) throw error;
    return `trying again: ${oneLine(error)}`;
  }
}

function everyMs(every: Duration): number {
  return Math.max(LEAST_EVERY_MS, durationMs(every, "--every"));
}

async function untilNext(ms: number, stop: AbortSignal, hurry: { wake(): void }): Promise<void> {
  const woken = new AbortController();
  hurry.wake = () => woken.abort();
  await rest(ms, AbortSignal.any([stop, woken.signal]));
}
