// Owns a process that pauses queues and dies by its own hand, before anybody chains what it did. Words: url, schema, count.
import { createMillrace } from "@millrace/core";
import { createPgClient, sqlStore } from "@millrace/postgres";

const [url, schema, count] = process.argv.slice(2);
const store = sqlStore(createPgClient({ url }), { schema });
const mr = createMillrace({ store, actor: { kind: "process", id: "doomed" } });
for (let queue = 0; queue < Number(count); queue += 1) await mr.queues.pause(`queue-${queue}`);
process.kill(process.pid, "SIGKILL");
