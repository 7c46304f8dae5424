// Owns a module that starts a worker when it is imported, as no module of an isolated job may.
import { startWorker } from "./jobs.mjs";

startWorker();
