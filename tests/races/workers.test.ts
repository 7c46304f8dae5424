import { testPostgresUrl } from "@millrace/testkit";
import { afterEach, expect, test } from "vitest";
import { RaceProcess } from "./race-process.ts";
import { type RaceStore, raceStore } from "./race-store.ts";

const SCHEMA = "race_workers";
/** Longer than a worker's word holds. */
const LATER_MS = 60_000;
const POLL_MS = 50;

let store: RaceStore | undefined;
let processes: RaceProcess[] = [];

afterEach(async () => {
  for (const each of processes) await each.destroy();
  processes = [];
  await store?.remove();
  store = undefined;
});

test("a killed worker is gone from the list once its word has run out, a stopped one at once", async () => {
  const race = await raceStore(testPostgresUrl(), SCHEMA);
  store = race;
  const start = (name: string) => {
    const process = new RaceProcess({ url: race.url, schema: SCHEMA, handler: "tiny", worker: { name } });
    processes.push(process);
    return process;
  };
  const [killed, stopped] = [start("killed"), start("stopped")];
  start("stays");
  await listed(race, ["killed", "stays", "stopped"]);
  await stopped.stop();
  await listed(race, ["killed", "stays"]);
  killed.signal("SIGKILL");
  await killed.ended;
  expect(await names(race)).toEqual(["killed", "stays"]);
  await race.setAhead(LATER_MS);
  // All words have run out; the live one's is given again, and with that the other's is forgotten.
  await listed(race, ["stays"]);
});

async function names({ mr }: RaceStore): Promise<readonly string[]> {
  return (await mr.workers.list()).map(({ name }) => name).sort();
}

/** Waits until exactly these are listed. */
async function listed(race: RaceStore, wanted: readonly string[]): Promise<void> {
  while (JSON.stringify(await names(race)) !== JSON.stringify(wanted))
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
