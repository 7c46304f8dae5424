// Owns one worker in a process of its own. Its first word is JSON: {url, schema, handler, worker}. It tells its parent
// what its handlers did by messages, and drains on SIGTERM, from when it says that it is ready.
import { existsSync } from "node:fs";
import { createMillrace, defineJob } from "@millrace/core";
import { createPgClient, sqlStore } from "@millrace/postgres";

const { url, schema, handler, worker: options } = JSON.parse(process.argv[2]);

/** Job ids run here, in order. */
const ran = [];
/** Nothing is waited for where nobody is to say so. */
const begin = options.waits ? new Promise((resolve) => process.once("message", resolve)) : undefined;

const HANDLERS = {
  /** Says so the first time, and returns at once. */
  tiny: (_input, ctx) => {
    if (ran.push(ctx.job.id) === 1) saysStarted(ctx);
  },
  /** Takes a moment, from when it may begin, and fails the first time where it is told to. */
  slow: async (input, ctx) => {
    if (ran.push(ctx.job.id) === 1) saysStarted(ctx);
    await begin;
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (input?.failsOnce && ctx.attempt === 1) throw new Error("the first attempt");
  },
  /** Its first job blocks the event loop until the file is there; the others take a moment. */
  block: async (_input, ctx) => {
    if (ran.push(ctx.job.id) === 1) {
      saysStarted(ctx);
      await new Promise((resolve) => setTimeout(resolve, 0)); // until the word has left
      const cell = new Int32Array(new SharedArrayBuffer(4));
      while (!existsSync(options.blockUntil)) Atomics.wait(cell, 0, 0, 10);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  },
  /** Heeds nothing: when told to go on it writes, says how that went, and returns. */
  zombie: async (_input, ctx) => {
    const told = new Promise((resolve) => process.once("message", resolve));
    saysStarted(ctx);
    await told;
    process.send({ kind: "saved", error: await nameOfError(ctx.save({ checkpoint: "late" })) });
    return "late";
  },
  /** One job takes the process down with it; the others wait for that in the first process, and end in later ones. */
  poison: async ({ poison, patient }, ctx) => {
    if (poison) process.kill(process.pid, "SIGKILL");
    if (patient && ctx.job.id !== undefined)
      await new Promise((resolve) => setTimeout(resolve, options.patienceMs));
  },
};

function saysStarted({ fence }) {
  process.send({ kind: "started", token: fence, nowMs: Date.now() });
}

async function nameOfError(work) {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error.name;
  }
}

const { patienceMs: _, blockUntil: __, waits: ___, ...workerOptions } = options;
const mr = createMillrace({
  store: sqlStore(createPgClient({ url }), { schema }),
  jobs: [defineJob({ name: "race", queue: "race", run: HANDLERS[handler] })],
  onError: (error, where) =>
    process.send?.({ kind: "trouble", where, message: String(error?.message ?? error) }),
});
mr.worker(workerOptions);

process.once("SIGTERM", async () => {
  await mr.close();
  process.send({ kind: "ran", ids: ran }, () => process.disconnect());
});
process.send({ kind: "ready" });
