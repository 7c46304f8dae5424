// Owns isolated jobs that behave, misbehave and die, for processes that import this module.
import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import {
  ClassedError,
  createMillrace,
  currentTenant,
  defineJob,
  memoryStore,
  RetryAfterError,
  UnrecoverableError,
} from "@millrace/core";

const module = import.meta.url;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
/** Until the attempt is told to stop. */
const stopped = (signal) =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
/** What the process has done and seen. */
let served = 0;

function isolated(name, run, options = {}) {
  const { isolate, ...rest } = options;
  return defineJob({ name, retry: "none", isolate: { module, ...isolate }, ...rest, run });
}

/** Takes numbers as text, as a schema of any library would. */
const number = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      typeof value?.n === "string"
        ? { value: { n: Number(value.n) } }
        : { issues: [{ message: "must be text", path: ["n"] }] },
  },
};

export const tell = isolated("tell", async (_input, ctx) => {
  ctx.progress({ done: 1, total: 4, details: { step: "first" } });
  ctx.log.warn("halfway");
  await ctx.save({ checkpoint: "saved" });
  await sleep(1);
  const { attempt, fence, job, tenant, checkpoint, children, draining, signal } = ctx;
  return {
    ...{ attempt, fence, job, tenant, checkpoint, pid: process.pid, now: currentTenant() },
    ...{ hasChildren: children !== undefined, isTold: draining.aborted || signal.aborted },
    env: { ...process.env },
  };
});
export const doubled = isolated("doubled", ({ n }) => n * 2, { input: number });
export const family = isolated("family", async (_input, ctx) => {
  if (ctx.children === undefined) {
    for (const word of ["a", "bc"]) ctx.enqueueChild(length, word, { tags: [word] });
    return ctx.waitForChildren({ checkpoint: "waiting" });
  }
  const lengths = [];
  for await (const child of ctx.childResults()) lengths.push(child.result);
  return { lengths: lengths.toSorted(), checkpoint: ctx.checkpoint, tally: ctx.children };
});
export const length = isolated("length", (word) => word.length);
export const snoozing = isolated("snoozing", (_input, ctx) => {
  if (ctx.checkpoint === undefined) throw ctx.snooze(1, { checkpoint: "again" });
  return ctx.complete(ctx.checkpoint);
});
export const holding = isolated("holding", async (_input, ctx) => {
  const left = await ctx.limits.left("model:ada");
  if (left !== undefined) return left.reason;
  await ctx.hold("model:ada", "10m", "429");
  return ctx.snooze(1, { limit: "model:ada", reason: "429" });
});
export const strange = isolated("strange", ({ what }) => {
  if (what === "date") return { at: new Date(0) };
  if (what === "class") return new Map();
  return "x".repeat(2_000_000);
});
export const transaction = isolated("transaction", async (_input, ctx) => {
  const saved = await ctx.save({}, {}).catch((error) => error.code);
  const settled = await ctx.settle(ctx.complete(1), {}).catch((error) => error.code);
  try {
    return ctx.transaction;
  } catch (error) {
    return [saved, settled, error.code, error.message];
  }
});

export const failing = isolated(
  "failing",
  ({ how }) => {
    switch (how) {
      case "unrecoverable":
        throw new UnrecoverableError("no hope", new Error("the root"));
      case "later":
        throw new RetryAfterError("2h", "come back");
      case "classed":
        throw new ClassedError("not-found", "no-such-page", "gone");
      case "code":
        throw Object.assign(new TypeError("reset"), { code: "ECONNRESET" });
      case "http":
        throw Object.assign(new Error("busy"), {
          response: new Response(null, { status: 429, headers: { "retry-after": "7200" } }),
        });
      case "own":
        throw new (class OwnError extends Error {
          name = "OwnError";
          place = { line: 3 };
        })("of its own class");
      default:
        throw "plain words"; // people do
    }
  },
  { retry: { maxAttempts: 3, initial: "1h", max: "1h", jitter: "none" } }, // who looks finds it waiting
);

/** Ways to die. */
const DEATHS = {
  exit: () => process.exit(3),
  "exit quietly": () => process.exit(0),
  segfault: () => process.kill(process.pid, "SIGSEGV"),
  abort: () => process.abort(),
  heap: () => {
    const all = [];
    for (;;) all.push(Array.from({ length: 1_000 }, (_, index) => ({ index })));
  },
  buffers: async () => {
    const all = [];
    for (;;) {
      all.push(Buffer.alloc(8_000_000, 1));
      await sleep(1);
    }
  },
  throws: async () => {
    setImmediate(() => {
      throw new TypeError("thrown in a callback");
    });
    await sleep(600_000);
  },
  rejects: async () => {
    void Promise.reject(new RangeError("rejected unseen"));
    await sleep(600_000);
  },
  spins: () => {
    for (;;);
  },
};
export const dying = isolated("dying", ({ how }) => DEATHS[how](), { isolate: { memoryMb: 160 } });
export const burning = isolated("burning", () => DEATHS.spins(), { isolate: { cpuSeconds: 1 } });
export const spinning = isolated("spinning", () => DEATHS.spins(), { timeout: "500ms" });
export const blocking = isolated(
  "blocking",
  () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
  {
    timeout: "3500ms",
  },
);
export const flaky = isolated("flaky", (_input, ctx) => (ctx.attempt === 1 ? process.abort() : "second"), {
  retry: { maxAttempts: 2, initial: 1 },
});

export const waiting = isolated("waiting", async ({ heeds, marks }, ctx) => {
  if (marks !== undefined) appendFileSync(marks, `${process.pid} `);
  ctx.progress(1);
  await ctx.save({ checkpoint: "started" });
  await Promise.race([stopped(heeds ? ctx.signal : new AbortController().signal), sleep(600_000)]);
});
export const draining = isolated("draining", async (_input, ctx) => {
  await ctx.save({ checkpoint: "started" });
  const told = new Promise((resolve) => ctx.draining.addEventListener("abort", resolve, { once: true }));
  if (!ctx.draining.aborted) await told;
  return `drained: ${ctx.draining.reason.name}`;
});
/** Leaves its mark before and after, so that a test sees who ran when. */
export const marking = isolated("marking", async ({ n, marks }) => {
  served += 1;
  appendFileSync(marks, `+${n} `);
  await sleep(20);
  appendFileSync(marks, `-${n} `);
  return { pid: process.pid, served };
});
export const worn = isolated("worn", () => process.pid, { isolate: { maxJobs: 2 } });
export const hoarding = isolated(
  "hoarding",
  ({ keeps }) => {
    if (keeps) globalThis.hoard = Buffer.alloc(170_000_000, 1);
    return process.pid;
  },
  { isolate: { memoryMb: 256 } },
);
export const printing = isolated("printing", () => {
  process.stdout.write("to the\nlog\n");
  process.stderr.write("a complaint\n");
  process.stdout.write("without an end");
  process.send("a message of its own");
  process.send({ kind: "ended", how: { kind: "returned", json: "1" } });
  return "printed";
});
export const parent = isolated("parent", async (_input, ctx) => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  ctx.log(String(child.pid));
  await ctx.save({});
  process.exit(1);
});
export const listed = isolated("listed", () => ({ ...process.env }), {
  isolate: { env: { LISTED: "yes", LEFT_OUT: undefined } },
});
export const inList = [isolated("in a list", () => "listed")];
/** A job that the module does not export. */
export const notHere = () => isolated("not here", () => undefined);
export const noModule = defineJob({
  name: "no module",
  isolate: { module: new URL("missing.mjs", module) },
  run: () => undefined,
});
export const starter = defineJob({
  name: "starter",
  isolate: { module: new URL("starter.mjs", module) },
  run: () => undefined,
});
export const inline = defineJob({ name: "inline", run: () => "inline" });
export const remote = defineJob({ name: "length", isolate: { module } });
export const startWorker = () => createMillrace({ store: memoryStore() }).worker();
