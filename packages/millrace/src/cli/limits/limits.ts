/** The commands `limits ls|hold|release`, at work. */
import type { Duration, HoldRecord } from "@millrace/core";
import { withClient } from "../client.ts";
import { EXIT } from "../exit-code.ts";
import { type Format, printList } from "../output.ts";
import type { Shell } from "../shell.ts";
import type { Column } from "../table.ts";
import { localTime, printable } from "../words.ts";

/** Options of `limits hold`. */
export interface HoldFlags {
  readonly for: Duration;
  readonly shorten?: boolean;
  readonly reason?: string;
  readonly by?: string;
}

/** Options of `limits release`. */
export interface ReleaseFlags {
  readonly reason?: string;
}

const COLUMNS: readonly Column<HoldRecord>[] = [
  { title: "limit", cell: ({ key }) => printable(key) },
  { title: "until", cell: ({ until }) => localTime(Date.parse(until)) },
  { title: "left", align: "right", cell: ({ leftMs }) => `${Math.ceil(leftMs / 1_000)} s` },
  { title: "by", cell: ({ by }) => printable(by ?? "") },
  { title: "reason", cell: ({ reason }) => printable(reason ?? "") },
];

/** Lists what is held, by key. */
export function listLimits(shell: Shell, output: Format): Promise<number> {
  return withClient(shell, { reads: true }, async ({ mr }) => {
    const rows = await mr.limits.list();
    printList(shell.terminal, output, { columns: COLUMNS, rows, empty: "no limit is held" });
    return EXIT.ok;
  });
}

/** Holds a limit; one that is held for longer is said so, and stays. */
export function holdLimit(shell: Shell, key: string, flags: HoldFlags): Promise<number> {
  return withClient(shell, { reads: true }, async ({ mr }) => {
    const { for: length, shorten, reason, by } = flags;
    const before = (await mr.limits.list()).find((one) => one.key === key);
    const held = await mr.limits.hold(key, { for: length, shorten, reason }, { reason, by });
    const until = localTime(Date.parse(held.until));
    if (held.until === before?.until)
      shell.terminal.say("warn", `${key} is held until ${until} already: give --shorten to end it earlier`);
    else shell.terminal.say("info", `held ${key} until ${until}; what runs goes on`);
    return EXIT.ok;
  });
}

/** Lets limits go. */
export function releaseLimits(
  shell: Shell,
  keys: readonly string[],
  { reason }: ReleaseFlags,
): Promise<number> {
  return withClient(shell, { reads: true }, async ({ mr }) => {
    const held = new Set((await mr.limits.list()).map(({ key }) => key));
    for (const key of keys) {
      await mr.limits.release(key, { reason });
      shell.terminal.say("info", held.has(key) ? `released ${key}` : `${key} was not held`);
    }
    return EXIT.ok;
  });
}
