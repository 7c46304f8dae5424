// Owns one measured run of a program that ends by printing a JSON report: its report and its peaks of memory.
import { spawn } from "node:child_process";
import { watchMemory } from "./process-memory.mjs";

/** All is in, or all but documents that cannot be read: one of the corpus is a picture. */
const MEASURABLE = new Set([0, 5]);

/**
 * Runs node with `words` as the leader of its own session. Returns `{report, memory}`; throws when it fails.
 * Without `watchesMemory` there is no `memory`: walking page tables takes processor time from what is being timed.
 */
export async function measure(words, { env = process.env, watchesMemory = true } = {}) {
  const child = spawn(process.execPath, words, { env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const output = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"]) {
    child[stream].setEncoding("utf8").on("data", (text) => {
      output[stream] += text;
    });
  }
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(signal ?? code));
  });
  const forward = (signal) => child.kill(signal);
  process.once("SIGINT", forward);
  const watch = watchesMemory ? watchMemory(child.pid) : undefined;
  const result = await ended;
  const memory = watch?.stop();
  process.removeListener("SIGINT", forward);
  if (!MEASURABLE.has(result))
    throw new Error(`${words.join(" ")} ended with ${result}:\n${output.stdout}${output.stderr}`);
  return { report: lastJson(output.stdout), memory };
}

/** The object a program prints last, on one line or over several. */
function lastJson(text) {
  const start = text.startsWith("{") ? 0 : text.lastIndexOf("\n{") + 1;
  return JSON.parse(text.slice(start));
}
