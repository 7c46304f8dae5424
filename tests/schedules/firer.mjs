// Owns one worker in a process of its own that fires schedules. Its first word is JSON: {url, schema, dies}. Where `dies` is
// given, it kills itself at its first fire: `before` the call, `within` its transaction, all written and nothing committed,
// or `after` it, before anybody hears of the answer; or it `freezes` within its transaction until it is continued. Else it
// runs the jobs, too, and drains on SIGTERM.
import { createMillrace, defineJob } from "@millrace/core";
import { createPgClient, sqlStore } from "@millrace/postgres";

const { url, schema, dies } = JSON.parse(process.argv[2]);

const client = createPgClient({ url });
const store = sqlStore(dies === "within" || dies === "freezes" ? stoppingWithin(client) : client, { schema });
const tick = defineJob({ name: "tick", queue: "ticks", run: (_input, ctx) => ctx.job.schedule.at.getTime() });
const mr = createMillrace({
  store: { ...store, fireSchedules },
  jobs: [tick],
  onError: (error, where) => process.send?.({ where, message: String(error?.message ?? error) }),
});
mr.worker(dies === undefined ? { sweep: "100ms" } : { sweep: "100ms", queues: ["none"] });

process.once("SIGTERM", async () => {
  await mr.close();
  process.disconnect();
});

async function fireSchedules(fires) {
  if (dies === "before") die();
  const answers = await store.fireSchedules(fires);
  // Another firer may have been first: then this one lives on to its own.
  if (dies === "after" && answers.some(({ result }) => result === "fired")) die();
  return answers;
}

/** The client, but it dies or freezes before the last statement of a fire. */
function stoppingWithin(inner) {
  const query = (sql) => (text, values) => {
    if (text.startsWith("-- schedule/fired")) stopOrDie();
    return sql.query(text, values);
  };
  return new Proxy(inner, {
    get: (target, name) => {
      if (name === "transaction") {
        return (work) =>
          target.transaction((sql) =>
            work(new Proxy(sql, { get: (of, key) => (key === "query" ? query(of) : bound(of, key)) })),
          );
      }
      return bound(target, name);
    },
  });
}

function bound(target, name) {
  const value = target[name];
  return typeof value === "function" ? value.bind(target) : value;
}

let hasFrozen = false;

function stopOrDie() {
  if (dies === "within") die();
  if (!hasFrozen) process.kill(process.pid, "SIGSTOP");
  hasFrozen = true;
}

function die() {
  process.kill(process.pid, "SIGKILL");
  for (;;); // until the signal is there
}
