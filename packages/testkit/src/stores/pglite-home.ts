/** Embedded PGlite as a home for tests: a directory of its own, removed at the end. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPgliteClient } from "@millrace/postgres";
import type { TestHome } from "../test-store.ts";
import { sqlHome } from "./sql-home.ts";

/** A home in a temporary directory. What reaches the disk is proven elsewhere, so these tests do not wait for it. */
export function pgliteHome(): TestHome {
  const directory = mkdtempSync(join(tmpdir(), "millrace-pglite-"));
  const home = sqlHome({
    name: "pglite",
    schema: "millrace",
    connect: async () => createPgliteClient({ directory, durability: "process" }),
  });
  return {
    ...home,
    stop: async () => {
      await home.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
