/** The fake model server as a program: `node model-server/main.js [--port 8081] [--dimensions 384] [--delay 0] …`. */
import { parseArgs } from "node:util";
import { ModelServer } from "./model-server.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    dimensions: { type: "string", default: "384" },
    /** Least ms an answer takes. */
    delay: { type: "string", default: "0" },
    /** Most texts of a request. */
    "max-inputs": { type: "string" },
    /** A request with a text that has this in it is refused. */
    poison: { type: "string" },
    /** Requests a second, beyond which there are 429s. */
    rate: { type: "string" },
    /** Seed of the faults by chance, and their share of the requests, 0 to 1. */
    seed: { type: "string", default: "1" },
    faults: { type: "string", default: "0" },
  },
});

const server = await ModelServer.start({
  port: Number(values.port),
  dimensions: Number(values.dimensions),
  delayMs: Number(values.delay),
  maxInputs: values["max-inputs"] === undefined ? undefined : Number(values["max-inputs"]),
  poison: values.poison,
  rate: values.rate === undefined ? undefined : { requests: Number(values.rate), windowMs: 1_000 },
  seed: Number(values.seed),
  random: {
    share: Number(values.faults),
    faults: [
      { kind: "status", status: 500 },
      { kind: "unparseable" },
      { kind: "drop", when: "before" },
      { kind: "drop", when: "within" },
    ],
  },
});
process.stdout.write(`${server.origin}\n`);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void server.stop());
