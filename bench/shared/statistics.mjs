// Owns the few figures a series of runs is summed up in.

/** The middle value; between two, their mean. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Median, least and greatest. */
export function summarise(values) {
  return { median: median(values), least: Math.min(...values), greatest: Math.max(...values) };
}
