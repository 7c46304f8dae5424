// Owns one pass of an operation in a process of its own, which is killed on the way. Its first word is JSON:
// {url, schema, dies}: `taken` before the page is sent, `sent` while it is, `applied` after it.
import { operate } from "@millrace/core";
import { createPgClient, sqlStore } from "@millrace/postgres";

const { url, schema, dies } = JSON.parse(process.argv[2]);
const store = sqlStore(createPgClient({ url }), { schema });
await store.open();

function die() {
  process.kill(process.pid, "SIGKILL");
}

const dying = {
  ...store,
  takeOperation: async (options) => {
    const turn = await store.takeOperation(options);
    if (dies === "taken") die();
    return turn;
  },
  advanceOperation: async (page) => {
    const applying = store.advanceOperation(page);
    if (dies === "sent") setTimeout(die, Math.random() * 20);
    const answer = await applying;
    if (dies === "applied") die();
    return answer;
  },
};
await operate({ store: dying, registry: { get: () => undefined } });
setInterval(die, 1_000);
