/** The life of an extraction child: one request at a time, an answer to each, and an end when its parent is gone. */
import { writeFileSync } from "node:fs";
import { watchProcess } from "@millrace/core/process-watch";
import type { DocumentReason } from "../../ports/extractor.ts";
import { type Engine, type EngineTable, messageOf, reasonOf } from "./engines/engine.ts";
import { type ChildMessage, type ChildRequest, MEMORY_LIMIT_NOTE, type WindowResult } from "./protocol.ts";

/** Serves requests from the parent with these engines until the parent goes away. */
export function serve(table: EngineTable): void {
  standAside();
  const memoryBytes = Number(process.argv[2]);
  watchProcess({ parent: process.ppid, memoryBytes, cpuMs: undefined, note: MEMORY_LIMIT_NOTE });
  const engines: Engines = { table, loaded: new Map() };
  process.on("disconnect", leave);
  process.on("message", (request: ChildRequest) => {
    void answer(request, engines).then(send);
  });
  send({ kind: "ready" });
}

/** The parent decides when to stop (it drains on Ctrl-C), and if memory runs out it must be us who go. */
function standAside(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
  try {
    writeFileSync("/proc/self/oom_score_adj", "800");
  } catch {
    // Not Linux, or not allowed: the pool's own memory watch remains.
  }
}

interface Engines {
  readonly table: EngineTable;
  readonly loaded: Map<string, Promise<Engine>>;
}

async function answer(request: ChildRequest, engines: Engines): Promise<ChildMessage> {
  let engine: Engine;
  try {
    engine = await engineFor(request.engine, engines);
  } catch (error) {
    return failed("unsupported", `the engine cannot be loaded: ${messageOf(error)}`);
  }
  try {
    return { kind: "done", result: await perform(engine, request), rss: process.memoryUsage.rss() };
  } catch (error) {
    return failed(reasonOf(error), messageOf(error));
  }
}

function failed(reason: DocumentReason, message: string): ChildMessage {
  return { kind: "failed", reason, message, rss: process.memoryUsage.rss() };
}

function engineFor(name: string, { table, loaded }: Engines): Promise<Engine> {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const load = table[name];
  if (load === undefined) throw new Error(`no engine is called "${name}"`);
  const engine = load();
  loaded.set(name, engine);
  return engine;
}

async function perform(engine: Engine, request: ChildRequest): Promise<WindowResult> {
  switch (request.kind) {
    case "read":
      return engine.read(request);
    case "count":
      return { totalPages: await engine.count(request.path), pages: [] };
  }
}

function send(message: ChildMessage): void {
  process.send?.(message, undefined, undefined, (error) => {
    if (error !== null) leave();
  });
}

/** Not `process.exit`: an engine's threads may be busy, and tearing down under them can crash. */
function leave(): void {
  process.kill(process.pid, "SIGKILL");
}
