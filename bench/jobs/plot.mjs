// Owns the plot of the jobs benchmark: of every row with peers, each system's rate as a share of the best, as SVG.
import { writeFileSync } from "node:fs";
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";

const COLOURS = { millrace: "#4269d0", graphile: "#9ca3af", "pg-boss": "#b8a38f", bullmq: "#c9c9c9" };

/** Rows without rates of peers are left out. */
export function writePlot(file, results) {
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const shares = results.flatMap(sharesOf);
  if (shares.length === 0) return;
  const svg = Plot.plot({
    document,
    width: 760,
    height: 60 + 110 * new Set(shares.map(({ row }) => row)).size,
    marginLeft: 70,
    marginRight: 210,
    style: { background: "white", color: "black" },
    color: { domain: Object.keys(COLOURS), range: Object.values(COLOURS) },
    x: { label: "rate ÷ best of the row (medians)", domain: [0, 1], grid: true },
    y: { label: null, domain: Object.keys(COLOURS) },
    fy: { label: null },
    marks: [Plot.barX(shares, { x: "share", y: "name", fy: "row", fill: "name" }), Plot.ruleX([0])],
  });
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  writeFileSync(file, `${svg.outerHTML}\n`);
}

function sharesOf({ row, systems }) {
  const rated = systems.filter(({ figures }) => figures.rate !== undefined);
  if (rated.length < 2) return [];
  const best = Math.max(...rated.map(({ figures }) => figures.rate.median));
  return rated.map(({ name, figures }) => ({ row: row.key, name, share: figures.rate.median / best }));
}
