// Owns one measurement in a process of its own: `node measure.mjs <json>` prints its figures as JSON.
// A system is `systems/<name>.mjs`: `openSystem(url)` gives `enqueueMany`, `enqueue`, `work` and `close`; `unfinished`
// is SQL that says whether jobs are left, `history` SQL that counts the finished ones (where any are kept).
import { drain } from "./scenes/drain.mjs";
import { drainTogether } from "./scenes/drain-together.mjs";
import { enqueueBulk, enqueueSingles } from "./scenes/enqueue.mjs";
import { idleLatency } from "./scenes/idle-latency.mjs";

const SCENES = { drain, drainTogether, enqueueBulk, enqueueSingles, idleLatency };

const order = JSON.parse(process.argv[2] ?? "{}");
const system = await import(`./systems/${order.system}.mjs`);
const figures = await SCENES[order.scene](system, order);
process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit(0)); // peers may leave timers running
