/** The program of the processes that isolated handlers run in. */
import { isRunnable, type JobDefinition } from "./client/define-job.ts";
import { handlerOf } from "./client/job-handler.ts";
import { JOB_DEFAULTS } from "./job/job-defaults.ts";
import type { Handler } from "./job/registry.ts";
import { MillraceError } from "./model/errors.ts";
import type { ProcessStart } from "./worker/isolated/protocol.ts";
import { serveAttempts } from "./worker/isolated/serve.ts";

const start = JSON.parse(process.argv[2] ?? "") as ProcessStart; // only the worker starts this program
const defaults = { ...JOB_DEFAULTS, maxRescues: start.maxRescues };
await serveAttempts(start, loadHandlers);

/** Definitions are found among the module's exports, also in lists, by the names of their jobs. */
async function loadHandlers(module: string): Promise<ReadonlyMap<string, Handler>> {
  const exported: Readonly<Record<string, unknown>> = await import(module);
  const definitions = new Map<string, JobDefinition>();
  for (const definition of Object.values(exported).flat().filter(isRunnable)) {
    const known = definitions.get(definition.name);
    if (known !== undefined && known !== definition) {
      throw new MillraceError(
        "bad-config",
        `it exports two jobs named "${definition.name}"; give each its own name`,
      );
    }
    definitions.set(definition.name, definition);
  }
  return new Map([...definitions].map(([name, definition]) => [name, handlerOf(definition, defaults)]));
}
