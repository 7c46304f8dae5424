/** The fake model server as a program of its own, beside commands that embed with it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../packages/testkit/dist/model-server/main.js", import.meta.url));

/** A running one. */
export interface ModelProgram {
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string;
  stop(): Promise<void>;
}

/** Starts it with these words; it listens when this resolves. */
export async function startModelProgram(...words: readonly string[]): Promise<ModelProgram> {
  const server = spawn(process.execPath, [PROGRAM, ...words], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(server, "exit");
  const [origin] = (await once(createInterface(server.stdout), "line")) as [string];
  return {
    origin,
    stop: async () => {
      server.kill("SIGTERM");
      await ended;
    },
  };
}
