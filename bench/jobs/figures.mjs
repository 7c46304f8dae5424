// Owns the figures taken from a measurement's raw counts.
import { median } from "../shared/statistics.mjs";

/** How each figure reads; `perJob` ones are µs. */
export const FIGURES = {
  rate: { unit: "jobs/s", digits: 0 },
  latency: { unit: "ms, p50", digits: 2 },
  nodeCpu: { unit: "node µs/job", digits: 1 },
  serverCpu: { unit: "server µs/job", digits: 1 },
  steadiness: { unit: "last ÷ best", digits: 2 },
};

/** Of one measurement; what was not measured is undefined. */
export function figuresOf({ jobs, seconds, nodeCpu, serverCpu, latenciesMs, slices }) {
  if (latenciesMs !== undefined) return { latency: median(latenciesMs) };
  return {
    rate: jobs / seconds,
    nodeCpu: (nodeCpu / jobs) * 1e6,
    ...(serverCpu === undefined ? {} : { serverCpu: (serverCpu / jobs) * 1e6 }),
    ...(slices !== undefined && slices.length > 1 ? { steadiness: slices.at(-1) / Math.max(...slices) } : {}),
  };
}
