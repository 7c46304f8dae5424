// Owns a worker in a process of its own, to be killed: runs one isolated job that never ends, and one process waits idle.
import { createMillrace, memoryStore } from "@millrace/core";
import { waiting } from "./jobs.mjs";

const mr = createMillrace({ store: memoryStore(), jobs: [waiting] });
mr.worker({ isolated: { processes: 2 } });
await mr.enqueue(waiting, { heeds: false, marks: process.argv[2] });
