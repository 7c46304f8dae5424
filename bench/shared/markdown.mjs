// Owns what result pages of all benchmarks share: tables, spreads, the machine.
import { cpus, totalmem } from "node:os";

/** A Markdown table. */
export function toMarkdown(header, rows) {
  const lines = [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return lines.join("\n");
}

/** The median with the least and greatest run in brackets. */
export function withSpread({ median, least, greatest }, digits) {
  return `${median.toFixed(digits)} (${least.toFixed(digits)}–${greatest.toFixed(digits)})`;
}

/** What the figures were measured on. */
export function describeMachine() {
  const [first] = cpus();
  return `Machine: ${cpus().length} × ${first?.model ?? "unknown processor"}, ${Math.round(totalmem() / 1e9)} GB, Node ${process.version}.`;
}
