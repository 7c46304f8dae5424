// Owns the plot of an ingest benchmark: pages per second of every run, one row for each system, as an SVG file.
import { writeFileSync } from "node:fs";
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";

const BAR_COLOUR = "#4269d0";
const PEER_COLOUR = "#9ca3af";

/** `systems` are `{name, isOurs, runs, pagesPerSecond}`, `runs` one rate a run; `floor` is the bar drawn across. */
export function writePlot(file, systems, floor) {
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const medians = systems.map(({ name, isOurs, pagesPerSecond }) => ({
    name,
    isOurs,
    rate: pagesPerSecond.median,
  }));
  const dots = systems.flatMap(({ name, runs }) => runs.map((rate) => ({ name, rate })));
  const svg = Plot.plot({
    document,
    width: 720,
    height: 60 + 50 * systems.length,
    marginLeft: 190,
    style: { background: "white", color: "black" },
    x: { label: "pages per second (bar: median, dots: runs)", grid: true },
    y: { label: null, domain: systems.map(({ name }) => name) },
    marks: [
      Plot.barX(medians, {
        x: "rate",
        y: "name",
        fill: ({ isOurs }) => (isOurs ? BAR_COLOUR : PEER_COLOUR),
        insetTop: 6,
        insetBottom: 6,
      }),
      Plot.dot(dots, { x: "rate", y: "name", r: 3, fill: "black" }),
      Plot.ruleX([floor], { stroke: "#d14343", strokeDasharray: "4 3" }),
      Plot.ruleX([0]),
    ],
  });
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  writeFileSync(file, `${svg.outerHTML}\n`);
}
