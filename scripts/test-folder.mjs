// Owns where the tests keep their files: in memory where there is plenty of it, since most of their time on a slow disk
// is spent waiting for syncs that no test could tell from none. What is synced when is proven by looking at the calls.
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";

const IN_MEMORY = "/dev/shm";
/** Before the number of the process whose folder it is. */
const PREFIX = "millrace-test-";
/** Several times what the tests need. */
const ROOM_BYTES = 8_000_000_000;

/** Has `work` and all it starts use a temporary folder of its own; one that `TMPDIR` names already is kept. */
export async function withTestFolder(work) {
  if (process.env.TMPDIR || !hasRoom()) return work();
  removeAbandoned();
  const folder = mkdtempSync(join(IN_MEMORY, `${PREFIX}${process.pid}-`));
  chmodSync(folder, 0o1777); // as /tmp: servers run as other users
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  process.env.TMPDIR = folder;
  try {
    return await work();
  } finally {
    delete process.env.TMPDIR;
    process.removeListener("exit", remove);
    remove();
  }
}

/** What a killed run of this user left behind would keep its memory until the machine starts anew. */
function removeAbandoned() {
  for (const name of readdirSync(IN_MEMORY).filter((each) => each.startsWith(PREFIX))) {
    const [run] = name.slice(PREFIX.length).split("-");
    const folder = join(IN_MEMORY, name);
    const isOurs = statSync(folder, { throwIfNoEntry: false })?.uid === process.getuid();
    if (isOurs && !existsSync(`/proc/${run}`)) rmSync(folder, { recursive: true, force: true });
  }
}

function hasRoom() {
  if (!existsSync(IN_MEMORY)) return false;
  const { bavail, bsize } = statfsSync(IN_MEMORY);
  return bavail * bsize >= ROOM_BYTES;
}
