/** Says who works on a run, where nobody can while the command has the store. */
import type { RunRow } from "@millrace/core";
import type { OpenHome, Shell } from "../shell.ts";

/** For people, of a run that is to go on; on a server workers find it by themselves. */
export function sayWhoWorks(
  { terminal }: Pick<Shell, "terminal">,
  { store }: Pick<OpenHome, "store">,
  { definition }: Pick<RunRow, "definition">,
): void {
  if (store.capabilities.multiProcess) return;
  terminal.say(
    "info",
    "nothing works on the run yet: an embedded store has one user at a time; it goes on when the program or command " +
      `that runs "${definition}" has the store`,
  );
}
