/** The commands `batch start` and `batch submit`: open a run of a definition that other programs work on. */
import { resolve } from "node:path";
import { definePipeline, MillraceError, type Pipeline, type Priority, type RunHandle } from "@millrace/core";
import { type OpenClient, withClient } from "../client.ts";
import { payloadsOf } from "../enqueue/payloads.ts";
import { EXIT } from "../exit-code.ts";
import { type Format, printRecord } from "../output.ts";
import { refuseAlone, refuseMemory, type Shell } from "../shell.ts";
import { watchRun } from "./watch-run.ts";
import { sayWhoWorks } from "./who-works.ts";

/** Options of both commands. */
export interface StartFlags {
  readonly queue: string;
  readonly priority?: Priority;
  readonly identity?: readonly string[];
  readonly rerun?: boolean;
  readonly force?: boolean;
  readonly tenant?: string;
  readonly correlationId?: string;
  readonly submittedBy?: string;
  readonly watch?: boolean;
  readonly output: Format;
}

type Params = Readonly<Record<string, unknown>>;

/** What is to be started. */
export interface StartRequest {
  readonly definition: string;
  readonly params: Params;
  readonly flags: StartFlags;
}

/** Parameters from an argument or a file. @throws MillraceError `bad-input` for anything but an object. */
export async function readParams(
  shell: Shell,
  source: { readonly input: string | undefined; readonly file: string | undefined },
): Promise<Params> {
  if (source.input === undefined && source.file === undefined) return {};
  const payloads = await payloadsOf({ ...source, folder: shell.folder, stdin: process.stdin });
  const given = payloads.kind === "one" ? payloads.input : undefined;
  if (payloads.kind === "many") payloads.stop();
  if (typeof given === "object" && given !== null && !Array.isArray(given)) return given as Params;
  throw new MillraceError("bad-input", "a run's parameters are one JSON object");
}

/** The parameters with the file's whole path, which is where workers look for it. */
export function withFile(shell: Shell, params: Params, file: string): Params {
  return { ...params, file: resolve(shell.folder, file) };
}

/** Starts it; prints the run's id, or follows it to its end. An instance that has completed is exit 9. */
export function startRunFrom(shell: Shell, { definition, params, flags }: StartRequest): Promise<number> {
  return withClient(shell, { reads: false }, async (client) => {
    refuseMemory(client.home);
    if (flags.watch === true) refuseAlone(client.home, "--watch");
    const handle = await opened(client, { definition, params, flags });
    const { id, result } = handle;
    if (result !== "started") shell.terminal.say("info", toldOf(handle, definition));
    if (flags.watch === true) return watchRun(shell, client, { id, output: flags.output });
    printRecord(shell.terminal, flags.output, { value: { id, result }, lines: [id] });
    if (result !== "finished") sayWhoWorks(shell, client.home, { definition });
    return result === "finished" ? EXIT.conflict : EXIT.ok;
  });
}

function opened({ mr }: OpenClient, { definition, params, flags }: StartRequest): Promise<RunHandle> {
  const { queue, priority, identity, rerun, force, tenant, correlationId, submittedBy } = flags;
  const contract: Pipeline<Params> = definePipeline<Params>({
    name: definition,
    queue,
    priority,
    identity,
    rerun,
  });
  return mr.start(contract, params, { force, tenant, correlationId, submittedBy });
}

function toldOf({ id, result }: RunHandle, definition: string): string {
  return result === "resumed"
    ? `run ${id} of "${definition}" is at work on these parameters already`
    : `run ${id} of "${definition}" has completed with these parameters: --force starts another`;
}
