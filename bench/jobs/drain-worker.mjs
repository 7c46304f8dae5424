// Owns a worker process of the drain by several: `node drain-worker.mjs <system> <url>` starts when it is told how, and
// says how much processor time that took when it is told that it is over.
import { setTimeout as sleep } from "node:timers/promises";

const [, , name, url] = process.argv;
const { openSystem } = await import(`./systems/${name}.mjs`);
const opened = await openSystem(url);
let before;
process.on("message", async ({ isOver, concurrency, handlerMs }) => {
  if (isOver) {
    const { user, system } = process.cpuUsage(before);
    process.send({ cpuSeconds: (user + system) / 1e6 });
    return;
  }
  before = process.cpuUsage();
  await opened.work({ concurrency, handle: handlerMs > 0 ? () => sleep(handlerMs) : async () => undefined });
});
process.send({});
