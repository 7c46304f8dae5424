// Owns whether the bars hold: the median rate of each system that has one.
import { summarise } from "../shared/statistics.mjs";

/** Every bar as `{row, system, bar, measured, holds}`. */
export function judge(results) {
  return results.flatMap(({ row, runs }) =>
    row.systems.flatMap(({ name, bar }, index) => {
      if (bar === undefined) return [];
      const { median } = summarise(runs[index]);
      return [{ row, system: name, bar, measured: median, holds: median >= bar }];
    }),
  );
}
