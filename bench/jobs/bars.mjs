// Owns whether the bars hold: medians of ours against medians of the same rounds.
import { FIGURES } from "./figures.mjs";

/** Every bar of the rows measured as `{row, what, bar, measured, holds}`. */
export function judge(results) {
  const byKey = new Map(results.map((result) => [result.row.key, result]));
  return results.flatMap(({ row, systems }) =>
    row.bars.flatMap((bar) => {
      const ours = systems[0]?.figures[bar.figure]?.median;
      const base = baseOf(bar, { systems, byKey });
      if (ours === undefined || base === undefined) return [];
      return [judgeOne({ row, bar, measured: ours / base })];
    }),
  );
}

/** What ours is divided by: a system's median, or 1 for a bar that is a number. */
function baseOf({ figure, against, againstRow }, { systems, byKey }) {
  if (against === undefined) return 1;
  const among = againstRow === undefined ? systems : (byKey.get(againstRow)?.systems ?? []);
  return among.find(({ name }) => name === against)?.figures[figure]?.median;
}

function judgeOne({ row, bar, measured }) {
  const { figure, against, least, most } = bar;
  const isRatio = against !== undefined;
  const shown = (value) => (isRatio ? `${value.toFixed(2)} ×` : value.toFixed(FIGURES[figure].digits));
  return {
    row: row.title,
    what: isRatio ? `${FIGURES[figure].unit} against ${against}` : FIGURES[figure].unit,
    bar: least === undefined ? `≤ ${shown(most)}` : `≥ ${shown(least)}`,
    measured: shown(measured),
    holds: least === undefined ? measured <= most : measured >= least,
  };
}
