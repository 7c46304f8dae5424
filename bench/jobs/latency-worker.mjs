// Owns the worker process of the idle latency scene: `node latency-worker.mjs <system> <url>` tells when each job starts.
const [, , name, url] = process.argv;
const { openSystem } = await import(`./systems/${name}.mjs`);
const opened = await openSystem(url);
await opened.work({
  concurrency: 50,
  handle: () => {
    process.send({ startedAt: String(process.hrtime.bigint()) });
  },
});
process.send({});
