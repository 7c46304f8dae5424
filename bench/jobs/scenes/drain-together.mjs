// Owns the drain by several worker processes: a backlog enqueued beforehand, from the word to start, given to processes
// that are up already, until nothing is left.
import { fork } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { makePayloads } from "../payload.mjs";
import { connect, untilNothingIsLeft } from "./database.mjs";
import { heard } from "./heard.mjs";
import { timed } from "./stopwatch.mjs";

const WORKER = fileURLToPath(new URL("../drain-worker.mjs", import.meta.url));
/** Asking whether anything is left costs the server too: a backlog of so many jobs takes at least this long. */
const FIRST_LOOK_MS = 200;

/** Gives `{jobs, seconds, nodeCpu, serverCpu}`, `nodeCpu` of all workers. */
export async function drainTogether(system, order) {
  const { url, postmaster, jobs, workers, concurrency = 50, handlerMs = 0 } = order;
  const opened = await system.openSystem(url);
  const database = await connect(url);
  const children = Array.from({ length: workers }, () => fork(WORKER, [order.system, url]));
  await Promise.all(children.map(heard));
  await opened.enqueueMany(makePayloads(jobs, 0));
  await database.query("analyze");
  const cost = await timed(postmaster, async () => {
    for (const child of children) child.send({ concurrency, handlerMs });
    await sleep(FIRST_LOOK_MS);
    await untilNothingIsLeft(database, system.unfinished);
  });
  const used = await Promise.all(
    children.map(async (child) => {
      const answered = heard(child);
      child.send({ isOver: true });
      return (await answered).cpuSeconds;
    }),
  );
  for (const child of children) child.kill();
  return { jobs, ...cost, nodeCpu: used.reduce((sum, each) => sum + each, 0) };
}
