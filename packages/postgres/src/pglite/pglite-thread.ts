/** The thread that owns PGlite: its calls block, so they run where no timer or socket waits for them. */
import { parentPort, workerData } from "node:worker_threads";
import { loadLibrary, openDatabase } from "./open-database.ts";
import { StatementRefused } from "./statement-refused.ts";
import { StatementRunner } from "./statement-runner.ts";
import type { ThreadCall, ThreadData, ThreadReply, ThreadRequest, ThreadResult } from "./thread-messages.ts";

const NOTHING: ThreadResult = { tag: "", columns: [], rows: [] };

/** Said once a call: a database that tries again and again must not flood the other side. */
let isFullSaid = false;

function sayFull(): void {
  if (!isFullSaid) say({ kind: "disk-full" });
  isFullSaid = true;
}

/** Opens the database, says so, and answers calls one after the other. */
async function main(): Promise<void> {
  const opened = await open();
  if (opened === undefined) return;
  const { database, wire, initdbMs, code } = opened;
  const runner = new StatementRunner(database, wire);
  const perform = (call: ThreadCall): Promise<ThreadResult> => {
    switch (call.kind) {
      case "query":
        return runner.query(call.text, call.values);
      case "script":
        return runner.script(call.text);
      case "copy":
        return runner.copy(call.text, call.chunks);
      case "close":
        return database.close().then(() => NOTHING);
    }
  };
  let last = Promise.resolve();
  parentPort?.on("message", (request: ThreadRequest) => {
    last = last.then(() => answer(request, perform)).then(say);
  });
  const version = await runner.query("show server_version", []);
  say({ kind: "opened", version: String(version.rows[0]?.[0]), initdbMs, code });
}

async function open(): Promise<Awaited<ReturnType<typeof openDatabase>> | undefined> {
  try {
    // What the other side passes at start; see EngineThread.
    const data = workerData as ThreadData;
    return await openDatabase(await loadLibrary(), data, sayFull);
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
    say({ kind: "not-opened", reason: messageOf(error), isMissing });
    return undefined;
  }
}

async function answer(
  request: ThreadRequest,
  perform: (call: ThreadCall) => Promise<ThreadResult>,
): Promise<ThreadReply> {
  const { id } = request;
  isFullSaid = false;
  try {
    return { kind: "done", id, result: await perform(request) };
  } catch (error) {
    if (error instanceof StatementRefused) return { kind: "refused", id, failure: error.failure };
    return { kind: "broken", id, reason: messageOf(error) };
  }
}

function say(reply: ThreadReply): void {
  parentPort?.postMessage(reply);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

await main();
