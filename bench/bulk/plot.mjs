// Owns the plot of the bulk benchmark: the rate of every run, one line for each system, as an SVG file.
import { writeFileSync } from "node:fs";
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { median } from "../shared/statistics.mjs";

/** Bars: medians; dots: runs; red: the least rate wanted. */
export function writePlot(file, results) {
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const systems = results.flatMap(({ row, runs }) =>
    row.systems.map(({ name, bar }, index) => ({ name: `${row.key}: ${name}`, bar, runs: runs[index] })),
  );
  const svg = Plot.plot({
    document,
    width: 760,
    height: 60 + 50 * systems.length,
    marginLeft: 240,
    style: { background: "white", color: "black" },
    x: { label: "items per second (bar: median, dots: runs, red: wanted)", grid: true },
    y: { label: null, domain: systems.map(({ name }) => name) },
    marks: [
      Plot.barX(systems, {
        x: ({ runs }) => median(runs),
        y: "name",
        fill: "#4269d0",
        insetTop: 6,
        insetBottom: 6,
      }),
      Plot.dot(
        systems.flatMap(({ name, runs }) => runs.map((rate) => ({ name, rate }))),
        { x: "rate", y: "name", r: 3, fill: "black" },
      ),
      Plot.tickX(
        systems.filter(({ bar }) => bar !== undefined),
        { x: "bar", y: "name", stroke: "#d14343", strokeWidth: 2 },
      ),
      Plot.ruleX([0]),
    ],
  });
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  writeFileSync(file, `${svg.outerHTML}\n`);
}
