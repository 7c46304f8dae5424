/** The life of an extraction child: one request at a time, an answer to each, and an end when its parent is gone. */
import { writeFileSync } from "node:fs";
import { type Engine, type EngineTable, messageOf, reasonOf } from "./engines/engine.ts";
import type { ChildMessage, ChildRequest, WindowResult } from "./protocol.ts";
import { startWatchdog } from "./watchdog.ts";

/** Serves requests from the parent with these engines until the parent goes away. */
export function serve(engines: EngineTable): void {
  standAside();
  startWatchdog(Number(process.argv[2]));
  const loaded = new Map<string, Promise<Engine>>();
  process.on("disconnect", leave);
  process.on("message", (request: ChildRequest) => {
    void answer(request, { engines, loaded }).then(send);
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

async function answer(
  request: ChildRequest,
  { engines, loaded }: { engines: EngineTable; loaded: Map<string, Promise<Engine>> },
): Promise<ChildMessage> {
  try {
    const result = await perform(await engineFor(request.engine, { engines, loaded }), request);
    return { kind: "done", result, rss: process.memoryUsage.rss() };
  } catch (error) {
    return {
      kind: "failed",
      reason: reasonOf(error),
      message: messageOf(error),
      rss: process.memoryUsage.rss(),
    };
  }
}

function engineFor(
  name: string,
  { engines, loaded }: { engines: EngineTable; loaded: Map<string, Promise<Engine>> },
): Promise<Engine> {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const load = engines[name];
  if (load === undefined) throw new Error(`no extraction engine is called "${name}"`);
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
