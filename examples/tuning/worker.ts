import type { Millrace } from "millrace";

/** A worker of a program that also answers requests: mail must not wait behind reports. */
export function startWorker(mr: Millrace) {
  return mr.worker({
    queues: { mail: 20, reports: 2 }, // at most so many of each at once
    concurrency: 20, // and so many in all
    lease: "15s", // a killed worker's jobs go on after that and a sweep
    sweep: "1s",
    drain: "25s", // at shutdown: handlers may finish
    grace: "5s", // after that, or a time-out: handlers may heed their signal
    maxBlock: "5s",
  });
}

/** Ends before the platform kills the process, which it does 35 s after SIGTERM here. */
export function stopOnSignal(mr: Millrace) {
  process.once("SIGTERM", () => {
    void mr.close().finally(() => process.exit(0));
  });
}
