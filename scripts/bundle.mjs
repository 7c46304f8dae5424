// Owns what the published packages run: each one's modules as a few files in its dist, beside the types tsc wrote.
//
// Node takes about 0.8 ms a module to load, and millrace has 300 of them: one file a package starts a command or a
// worker in a third of the time. Between packages nothing is bundled, so a class is one class however it is reached.
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { ROOT } from "./stages.mjs";

/** Entries by package: what its manifest exports, and the programs of its threads and children. */
const ENTRIES = {
  core: {
    index: "index.ts",
    "batch/items/index": "batch/items/index.ts",
    "testing/index": "testing/index.ts",
    "isolated-process": "isolated-process.ts",
    "process-watch": "process-watch.ts",
  },
  postgres: {
    index: "index.ts",
    "pglite-thread": "pglite/pglite-thread.ts",
    "new-database": "pglite/new-database.ts", // the build makes its file
    "lock-file": "pglite/lock-file.ts", // tests race processes for it
  },
  rag: {
    index: "index.ts",
    "child-entry": "stages/extract/child-entry.ts",
    child: "stages/extract/child.ts", // tests serve parsers that misbehave
  },
  millrace: { index: "index.ts", items: "items.ts", testing: "testing.ts", main: "main.ts" },
};

await Promise.all(
  Object.entries(ENTRIES).map(([name, entries]) => bundle(join(ROOT, "packages", name), entries)),
);

async function bundle(folder, entries) {
  const dist = join(folder, "dist");
  const input = Object.fromEntries(
    Object.entries(entries).map(([name, file]) => [name, join(folder, "src", file)]),
  );
  // Whatever a module asks for by name is another package's.
  const bundled = await rolldown({ input, platform: "node", external: /^[^./]/ });
  const { output } = await bundled.write({
    dir: dist,
    entryFileNames: "[name].js",
    chunkFileNames: "chunk-[name].js", // no chunk takes the name of a module, whose types lie here
    keepNames: true,
    comments: { jsdoc: false, annotation: true, legal: true }, // editors read them in the types
    sourcemap: true,
    sourcemapExcludeSources: true, // traces need their names and lines only
  });
  await bundled.close();
  removeOthers(dist, new Set(output.map(({ fileName }) => fileName)));
}

/** Code of an earlier build must not be packed with this one's. */
function removeOthers(dist, written) {
  for (const entry of readdirSync(dist, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(dist.length + 1);
    if (entry.isFile() && /\.js(\.map)?$/.test(name) && !written.has(name)) rmSync(path);
  }
}
