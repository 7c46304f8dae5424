// Owns millrace on its embedded store as the benchmark sees it: a new directory in the temp folder, default durability.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPgliteClient, sqlStore } from "../../../packages/postgres/dist/index.js";
import { openOn } from "./millrace.mjs";

/** Opens a client on a new store, removed when the process ends. */
export async function openSystem() {
  const directory = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  return openOn(sqlStore(createPgliteClient({ directory: join(directory, "store") })));
}
