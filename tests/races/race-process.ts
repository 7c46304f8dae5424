/** A worker in a process of its own: started, stopped, frozen, killed; and what it says. */
import { type ChildProcess, fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { ensureTool } from "../../scripts/services/tools.mjs";

const PROGRAM = fileURLToPath(new URL("worker.mjs", import.meta.url));

/** What a worker process says of its handlers. */
export type Said =
  | { readonly kind: "ready" }
  | { readonly kind: "started"; readonly token: string; readonly nowMs: number }
  | { readonly kind: "saved"; readonly error: string | undefined }
  | { readonly kind: "ran"; readonly ids: readonly string[] }
  | { readonly kind: "trouble"; readonly where: string; readonly message: string };

/** What one process runs. */
export interface RaceWorker {
  readonly url: string;
  readonly schema: string;
  readonly handler: "tiny" | "slow" | "block" | "zombie" | "poison";
  readonly worker: Readonly<Record<string, unknown>>;
}

/** What a process runs, and what time it is there. */
export interface RaceProgram {
  readonly program?: string;
  readonly clock?: string;
}

/** Monotonic clocks stay as they are: nothing steps those of a machine. The tool itself would stand between us and signals. */
function environmentOf(clock: string | undefined): NodeJS.ProcessEnv {
  if (clock === undefined) return process.env;
  const words = ["--exclude-monotonic", "-f", clock, "printenv", "LD_PRELOAD"];
  const { stdout } = spawnSync(ensureTool("faketime"), words, { encoding: "utf8" });
  return { ...process.env, LD_PRELOAD: stdout.trim(), FAKETIME: clock, FAKETIME_DONT_FAKE_MONOTONIC: "1" };
}

/** One process. */
export class RaceProcess {
  readonly ended: Promise<unknown>;
  readonly said: Said[] = [];
  readonly #child: ChildProcess;
  /** It has ended, and all it said was heard: what it said last may come after its end. */
  readonly #silent: Promise<unknown>;

  /** `program` is `worker.mjs`, or a copy of it beside other packages; `clock` shifts its wall clock (`+1h`). */
  constructor(options: RaceWorker, { program = PROGRAM, clock }: RaceProgram = {}) {
    this.#child = fork(program, [JSON.stringify(options)], { execArgv: [], env: environmentOf(clock) });
    this.#child.on("message", (message) => this.said.push(message as Said)); // what worker.mjs sends
    this.ended = once(this.#child, "exit");
    this.#silent = Promise.all([this.ended, once(this.#child, "disconnect")]);
  }

  /** The first thing of this kind it says, said already or yet to come. */
  async hears<Kind extends Said["kind"]>(kind: Kind): Promise<Extract<Said, { kind: Kind }>> {
    for (;;) {
      const found = this.said.find((each): each is Extract<Said, { kind: Kind }> => each.kind === kind);
      if (found !== undefined) return found;
      await Promise.race([once(this.#child, "message"), this.#gone(kind)]);
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Tells the handlers to go on; read when the process is running. */
  goOn(): void {
    this.#child.send("go on");
  }

  /** Drains it, as soon as it can be drained; the ids it ran. */
  async stop(): Promise<readonly string[]> {
    await this.hears("ready");
    this.signal("SIGTERM");
    const { ids } = await this.hears("ran");
    await this.ended;
    return ids;
  }

  /** Ends whatever a failed test left of it. */
  async destroy(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.signal("SIGKILL");
    await this.ended;
  }

  async #gone(kind: string): Promise<never> {
    await this.#silent;
    throw new Error(`the worker process ended before it said "${kind}": ${JSON.stringify(this.said)}`);
  }
}
