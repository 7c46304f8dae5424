// Owns the files of a new embedded database in packages/postgres/dist: initdb is run here, once for a release of PGlite.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const { newDatabaseFile, pgliteVersion } = await import("../packages/postgres/dist/new-database.js");
const { createPgliteClient } = await import("../packages/postgres/dist/index.js");

const file = fileURLToPath(newDatabaseFile(pgliteVersion()));
if (!existsSync(file)) await make(file);

/** Closed in order, so that whoever unpacks it has nothing to recover. */
async function make(file) {
  const directory = mkdtempSync(join(tmpdir(), "millrace-new-database-"));
  try {
    const client = createPgliteClient({ directory, durability: "process" });
    await client.open();
    await client.close();
    pack(join(directory, "db"), `${file}.partial`);
    renameSync(`${file}.partial`, file);
  } finally {
    rmSync(`${file}.partial`, { force: true });
    rmSync(directory, { recursive: true, force: true });
  }
}

function pack(folder, file) {
  const words = ["--format=ustar", "-czf", file, "-C", folder, ...readdirSync(folder)];
  const { status, stderr, error } = spawnSync("tar", words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`tar could not pack ${folder}: ${error?.message ?? stderr}`);
}
