/** What tests of programs share: a job with a queue of its own, and a client whose store's calls are kept. */
import { defineJob } from "../client/define-job.ts";
import { memoryStore } from "../memory/memory-store.ts";
import { createMillrace, type MillraceOptions } from "../millrace.ts";
import { interceptedStore } from "./intercepted-store.ts";
import { VirtualTime } from "./virtual-time.ts";

/** A job on the queue "mail". */
export const mail = defineJob({ name: "mail", queue: "mail", run: () => undefined });

/** A client on a store of virtual time whose calls are kept. */
export function program(options: Partial<MillraceOptions<[]>> = {}, jobs = [mail]) {
  const time = new VirtualTime();
  const calls: { readonly verb: string; readonly args: readonly unknown[] }[] = [];
  const store = interceptedStore(memoryStore({ now: () => time.now() }), async ({ verb, args }, make) => {
    calls.push({ verb, args: args as readonly unknown[] });
    return make();
  });
  const mr = createMillrace({ store, timing: time, ...options, jobs });
  const callsOf = (verb: string) => calls.filter((call) => call.verb === verb).map(({ args }) => args);
  return { mr, time, store, callsOf };
}
