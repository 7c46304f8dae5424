// Owns what is measured: the rows of the result page, who takes part, and the bars each is held against.
// A bar compares a figure (`rate`, `latency`, `nodeCpu`, `serverCpu`) of ours with a system's, or with a number.

const OURS = "millrace";

/** The rows for so many jobs a drain; peers that would take minutes get fewer. */
export function listRows({ jobs, growth }) {
  return [...peerRows(jobs), ...processRows(jobs), ...ownRows(jobs), ...(growth ? growthRows(jobs) : [])];
}

function all(jobs) {
  return { millrace: jobs, graphile: jobs, "pg-boss": jobs, bullmq: Math.ceil(jobs / 10) };
}

function peerRows(jobs) {
  return [
    {
      key: "drain",
      title: "drain, 50 at once, finished jobs kept",
      scene: "drain",
      systems: { ...all(jobs), "bare-statements": jobs },
      bars: [
        { figure: "rate", against: "graphile", least: 1.7 },
        { figure: "rate", against: "pg-boss", least: 2.2 },
        { figure: "rate", against: "bullmq", least: 35 },
        { figure: "serverCpu", most: 20 },
        { figure: "nodeCpu", against: "graphile", most: 0.45 },
        { figure: "serverCpu", against: "graphile", most: 1.2 },
      ],
    },
    {
      key: "drain-1kb",
      title: "drain, 1 KB payloads",
      scene: "drain",
      order: { bytes: 1_000 },
      systems: { millrace: jobs, graphile: jobs, "pg-boss": jobs },
      bars: [{ figure: "rate", against: "graphile", least: 1.5 }],
    },
    {
      key: "bulk",
      title: "bulk enqueue",
      scene: "enqueueBulk",
      systems: { millrace: jobs, graphile: jobs, "pg-boss": jobs, bullmq: jobs },
      bars: [{ figure: "rate", against: "graphile", least: 2 }],
    },
    {
      key: "bulk-keyed",
      title: "bulk enqueue, a unique key on every job",
      scene: "enqueueBulk",
      order: { keyed: true },
      systems: { millrace: jobs, graphile: jobs },
      bars: [{ figure: "rate", against: "graphile", least: 1.4 }],
    },
    {
      key: "single-50",
      title: "single enqueues, 50 callers",
      scene: "enqueueSingles",
      order: { callers: 50 },
      systems: {
        millrace: jobs,
        graphile: Math.ceil(jobs / 10),
        "pg-boss": Math.ceil(jobs / 10),
        bullmq: Math.ceil(jobs / 10),
      },
      bars: [{ figure: "rate", against: "graphile", least: 20 }],
    },
    {
      key: "single-awaited",
      title: "single enqueues, each awaited",
      scene: "enqueueSingles",
      order: { callers: 1 },
      systems: { millrace: 500, graphile: 500, "pg-boss": 500, bullmq: 500 },
      bars: [{ figure: "rate", against: "graphile", least: 1.2 }],
    },
    {
      key: "idle-latency",
      title: "latency of an idle worker in another process",
      scene: "idleLatency",
      systems: { millrace: 60, graphile: 60, "pg-boss": 60, bullmq: 60, "insert-notify": 60 },
      bars: [{ figure: "latency", against: "graphile", most: 0.6 }],
    },
  ];
}

/** Ours against ours: several worker processes and one, with handlers that do nothing, and that wait for 5 ms. */
function processRows(jobs) {
  const quick = { name: "workers", systems: { millrace: jobs }, title: "no-op handlers", order: {} };
  const slow = {
    name: "slow",
    systems: { millrace: Math.ceil(jobs * 0.8) }, // or four workers are over before they are warm
    title: "handlers of 5 ms, 10 at once in each",
    order: { concurrency: 10, handlerMs: 5 },
  };
  return [
    drainBy(quick, 1),
    drainBy(quick, 2, 0.9),
    drainBy(slow, 1),
    drainBy(slow, 2, 1.8),
    drainBy(slow, 4, 3.6),
  ];
}

/** `least`: the bar against one worker. */
function drainBy({ name, title, order, systems }, workers, least) {
  const bar = { figure: "rate", againstRow: `${name}-1`, against: OURS, least };
  return {
    key: `${name}-${workers}`,
    title: `drain, ${title}, worker processes: ${workers}`,
    scene: "drainTogether",
    order: { ...order, workers },
    systems,
    bars: least === undefined ? [] : [bar],
  };
}

function ownRows(jobs) {
  return [
    {
      key: "memory",
      title: "drain of the memory store, async handler",
      scene: "drain",
      isServerless: true,
      systems: { "millrace-memory": 4 * jobs },
      bars: [{ figure: "rate", least: 1_000_000 }],
    },
    {
      key: "pglite",
      title: "drain of the embedded store",
      scene: "drain",
      isServerless: true,
      systems: { "millrace-pglite": jobs },
      bars: [{ figure: "rate", least: 30_000 }],
    },
  ];
}

/** Ours against ours: the unloaded drain of the same round. */
function growthRows(jobs) {
  const burdened = (growth, title) => ({
    key: `growth-${growth}`,
    title,
    scene: "drain",
    order: { growth },
    systems: { millrace: jobs },
    bars: [{ figure: "rate", againstRow: "drain", against: OURS, least: 0.8 }],
  });
  return [
    burdened("delayed", "drain below 500,000 delayed jobs of higher classes"),
    burdened("finished", "drain beside 500,000 finished jobs"),
    burdened("snapshot", "drain while a snapshot is held open"),
    {
      key: "growth-long",
      title: "drain of 500,000 jobs: last slice of 50,000 ÷ best",
      scene: "drain",
      systems: { millrace: 500_000 },
      bars: [{ figure: "steadiness", least: 0.9 }],
    },
  ];
}
