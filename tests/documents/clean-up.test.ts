/** Clean-up modes, on every store. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CleanupMode } from "@millrace/rag";
import { describe, expect, test } from "vitest";
import { documents, folder, ingest, namesLeft, onEachHome, toolsWith } from "./document-homes.ts";

onEachHome(() => {
  describe("clean-up", () => {
    const CASES: readonly (readonly [CleanupMode | undefined, readonly string[]])[] = [
      ["none", ["broken.eml", "elsewhere/far.txt", "here/gone.txt", "here/stays.txt"]],
      ["incremental", ["elsewhere/far.txt", "here/gone.txt", "here/stays.txt"]],
      ["scoped-full", ["elsewhere/far.txt", "here/stays.txt"]],
      [undefined, ["elsewhere/far.txt", "here/stays.txt"]],
      ["full", ["here/stays.txt"]],
    ];

    test.each(CASES)("%s leaves %j", async (cleanup, left) => {
      for (const name of ["here", "elsewhere"]) mkdirSync(join(folder, name));
      writeFileSync(join(folder, "broken.eml"), "From: me\n\nfine");
      writeFileSync(join(folder, "here/gone.txt"), "gone");
      writeFileSync(join(folder, "here/stays.txt"), "stays");
      writeFileSync(join(folder, "elsewhere/far.txt"), "far");
      await ingest(toolsWith());
      writeFileSync(join(folder, "broken.eml"), "nothing of a mail");
      writeFileSync(join(folder, "here/stays.txt"), "stays, changed");
      rmSync(join(folder, "here/gone.txt"));
      const roots = [join(folder, "broken.eml"), join(folder, "here")];
      await ingest(toolsWith(), { roots, ...(cleanup === undefined ? {} : { cleanup }) });
      expect(await namesLeft()).toEqual(left);
      const [changed] = (await documents()).filter(({ source }) => source.endsWith("stays.txt"));
      expect(changed?.bytes).toBe("stays, changed".length);
    });

    test("of an unknown mode is refused", async () => {
      const cleanup = "everything" as CleanupMode; // what a program without types might say
      await expect(ingest(toolsWith(), { cleanup })).rejects.toMatchObject({ code: "bad-input" });
    });
  });
});
