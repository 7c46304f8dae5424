/** The commands `schedules run|pause|resume|rm`. */
import { type OpenClient, withClient } from "../client.ts";
import { confirmed } from "../confirm.ts";
import { EXIT } from "../exit-code.ts";
import { type Format, printRecord } from "../output.ts";
import type { Shell } from "../shell.ts";
import { noSchedule } from "./no-schedule.ts";
import { timingWords } from "./schedule-lines.ts";

/** Options of `schedules rm`. */
export interface RemoveOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

/** Fires a schedule now; a fire that was not made is a conflict. */
export function runSchedule(shell: Shell, id: string, output: Format): Promise<number> {
  return withClient(shell, { reads: true }, async ({ mr }) => {
    const answer = await mr.schedules.run(id);
    if (answer.result === "not-found") throw noSchedule(id);
    const lines = answer.result === "fired" ? [answer.job] : [];
    if (output !== "table" || lines.length > 0) printRecord(shell.terminal, output, { value: answer, lines });
    if (answer.result === "fired") return EXIT.ok;
    const why = answer.reason === "overlap" ? `job ${answer.job} has not ended` : "the queue is full";
    shell.terminal.say("error", `not fired: ${why}`);
    return EXIT.conflict;
  });
}

/** Has schedules fire no more. */
export function pauseSchedules(shell: Shell, ids: readonly string[]): Promise<number> {
  return onEach(shell, ids, async ({ mr }, id) => {
    if ((await mr.schedules.pause(id)) === "not-found") throw noSchedule(id);
    shell.terminal.say("info", `paused ${id}`);
  });
}

/** Has them fire again. */
export function resumeSchedules(shell: Shell, ids: readonly string[]): Promise<number> {
  return onEach(shell, ids, async ({ mr }, id) => {
    const answer = await mr.schedules.resume(id);
    if (answer === "not-found") throw noSchedule(id);
    const [next = "never"] = (await mr.schedules.next(id, 1)) ?? [];
    shell.terminal.say("info", `${answer === "resumed" ? "resumed" : "was not paused:"} ${id}, next ${next}`);
  });
}

function onEach(
  shell: Shell,
  ids: readonly string[],
  work: (client: OpenClient, id: string) => Promise<void>,
): Promise<number> {
  return withClient(shell, { reads: true }, async (client) => {
    for (const id of ids) await work(client, id);
    return EXIT.ok;
  });
}

/** Forgets a schedule, once somebody has said so. */
export function removeSchedule(shell: Shell, id: string, options: RemoveOptions): Promise<number> {
  return withClient(shell, { reads: true }, async ({ mr }) => {
    const schedule = await mr.schedules.get(id);
    if (schedule === undefined) throw noSchedule(id);
    const what = `schedule "${id}" (${timingWords(schedule)})`;
    if (options.dryRun === true) {
      shell.terminal.print(`would remove ${what}`);
      return EXIT.ok;
    }
    if (options.yes !== true && !(await confirmed(shell.terminal, `remove ${what}?`))) return EXIT.error;
    await mr.schedules.remove(id);
    shell.terminal.say("info", `removed ${what}`);
    return EXIT.ok;
  });
}
