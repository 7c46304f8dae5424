/** The command line in a real terminal: what is drawn, asked and restored. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createMillrace, defineJob, type Millrace, UnrecoverableError } from "@millrace/core";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CommandPlace } from "./command-place.ts";
import { writeFiles } from "./millrace-command.ts";
import { TmuxTerminal } from "./tmux-terminal.ts";

const PROGRAM = fileURLToPath(new URL("../packages/millrace/bin/millrace.js", import.meta.url));
/** Throws outside of everything when it is told to. */
const CRASHING = `
import { writeFileSync } from "node:fs";
writeFileSync("pid", String(process.pid));
process.on("SIGUSR2", () => { throw new Error("struck"); });
`;

const mail = defineJob({ name: "mail.send", queue: "mail" });
const letter = defineJob({ name: "letter.send", queue: "letters" });
const bad = defineJob({
  name: "mail.bad",
  queue: "bad",
  run: async () => {
    throw new UnrecoverableError("refused by \u001b[2Jthe server");
  },
});

let place: CommandPlace;
let mr: Millrace<readonly []>;
let terminal: TmuxTerminal;

beforeAll(async () => {
  place = new CommandPlace();
  mr = createMillrace({ store: place.store(), jobs: [bad] });
  const worker = mr.worker({ queues: ["bad"] });
  await Promise.allSettled([(await mr.enqueue(bad, {})).result()]);
  await worker.stop();
});
afterAll(async () => {
  await mr.close();
  await place.remove();
});
beforeEach(async () => {
  terminal = new TmuxTerminal(place);
  terminal.enter(
    `millrace() { ${process.execPath} $EXTRA ${PROGRAM} "$@"; echo "exit $?"; }; clear; echo ready`,
  );
  await terminal.sees(/^ready$/m);
});
afterEach(() => terminal.close());

const fill = (definition: typeof mail | typeof letter) =>
  mr.enqueueMany<string, unknown, unknown, unknown>(
    definition,
    Array.from({ length: 1_234 }, (_, n) => ({ n })),
  );

/** The shell has its terminal back: lines again, echo, cursor, and what was on the screen before. */
async function seesShellAgain(): Promise<void> {
  expect(terminal.state()).toEqual({ isTaken: false, hasCursor: true });
  expect(terminal.screen()).toMatch(/^ready$/m);
  terminal.enter("stty -a | tr ' ' '\\n' | grep -xE '(icanon|echo);?' | tr '\\n' '+'");
  await terminal.sees(/^icanon\+echo\+/m);
}

describe("top", () => {
  test("draws queues and dead letters, follows them and the terminal's size, and q gives the terminal back", async () => {
    terminal.enter("millrace top --every 200ms");
    await terminal.sees(/^bad +0 +0 +0/m);
    expect(terminal.state()).toEqual({ isTaken: true, hasCursor: false });
    expect(terminal.screen()).toMatch(/mail\.bad +processing: refused by the server/);
    await fill(mail);
    await terminal.sees(/^mail +1,234 +0 +0/m);
    await mr.queues.pause("mail");
    await terminal.sees(/^mail \(paused\) +1,234/m);
    terminal.resize(60, 8);
    await expect
      .poll(
        () =>
          terminal
            .screen()
            .split("\n")
            .filter((line) => line !== "").length,
      )
      .toBeLessThanOrEqual(8);
    await terminal.sees(/^mail \(paused\) +1,234/m);
    terminal.resize(130, 24);
    terminal.key("q");
    await terminal.sees(/^exit 0$/m);
    await seesShellAgain();
  });

  test("Ctrl-C ends it with 130, and the terminal is given back", async () => {
    terminal.enter("millrace top");
    await terminal.sees(/q quits/);
    terminal.key("C-c");
    await terminal.sees(/^exit 130$/m);
    await seesShellAgain();
  });

  test("a crash shows its error on a terminal that is whole", async () => {
    writeFiles(place.folder, { "crashing.mjs": CRASHING });
    terminal.enter("EXTRA='--import ./crashing.mjs' millrace top");
    await terminal.sees(/q quits/);
    process.kill(Number(readFileSync(join(place.folder, "pid"), "utf8")), "SIGUSR2");
    await terminal.sees(/Error: struck/);
    await terminal.sees(/^exit [1-9]/m);
    expect(terminal.state()).toEqual({ isTaken: false, hasCursor: true });
  });
});

describe("bulk changes", () => {
  beforeAll(() => fill(letter));

  const waiting = async () => (await mr.stats()).queues.find(({ queue }) => queue === "letters")?.queued;

  test("ask after the count; anything but yes, and Ctrl-C, changes nothing", async () => {
    terminal.enter("millrace queues clear letters");
    await terminal.sees(/^cancel 1,234 jobs\? \[y\/N\]/m);
    terminal.enter("no");
    await terminal.sees(/^exit 1$/m);
    terminal.enter("clear; millrace jobs cancel --queue letters");
    await terminal.sees(/^cancel 1,234 jobs\? \[y\/N\]/m);
    terminal.key("C-c");
    await terminal.sees(/^interrupted: nothing was changed\nexit 130$/m);
    expect(await waiting()).toBe(1_234);
  });

  test("show a bar; Ctrl-C ends them after the page in work and says what was done", async () => {
    const lock = await heldJobs();
    terminal.enter("millrace queues clear letters");
    await terminal.sees(/\[y\/N\]/);
    terminal.enter("y");
    await terminal.sees(/^░{24} {2}cancelling 0\/1,234 jobs$/m);
    terminal.key("C-c");
    await lock.release();
    await terminal.sees(/ cancelled\ninterrupted: run the same command again for the rest\nexit 130$/m);
    expect(terminal.screen()).not.toContain("░");
    // Mostly one page of them; a busy machine may hand it the key and the page's answer in the other order.
    const done = Number(/^(\d00) cancelled$/m.exec(terminal.screen())?.[1]);
    expect(done % 200).toBe(0);
    expect(await waiting()).toBe(1_234 - done);
    terminal.enter("clear; millrace queues clear letters --yes");
    await terminal.sees(new RegExp(`^${(1_234 - done).toLocaleString("en")} cancelled\nexit 0$`, "m"));
  });

  test("the store's name must be typed before it goes", async () => {
    terminal.enter("millrace destroy");
    await terminal.sees(new RegExp(`Type ${place.schema} to go on:`));
    terminal.enter("yes");
    await terminal.sees(/^that is not its name: nothing was removed\nexit 1$/m);
    terminal.enter("clear; millrace destroy");
    await terminal.sees(new RegExp(`Type ${place.schema} to go on:`));
    terminal.enter(place.schema);
    await terminal.sees(/^removed schema/m);
  });
});

/** Jobs can be read, and nobody can change one. */
async function heldJobs(): Promise<{ release(): Promise<void> }> {
  const client = new Client({ connectionString: process.env.MILLRACE_TEST_POSTGRES_URL });
  await client.connect();
  await client.query(`begin; lock table ${place.schema}.job in exclusive mode`);
  return {
    release: async () => {
      await client.query("commit");
      await client.end();
    },
  };
}
