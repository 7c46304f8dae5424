// Owns the checks on what would be published: each tarball through publint and attw, with the licence inside.
import { join } from "node:path";
import { runTool } from "./stages.mjs";

/** Checks the tarballs of `packAll(target)`, all at once. Returns one line for each. */
export async function checkPackages(target, packed) {
  for (const { name, files } of packed) {
    if (!files.some(({ path }) => path === "LICENSE")) throw new Error(`${name} is packed without LICENSE`);
  }
  await Promise.all(packed.map(({ filename }) => checkTarball(join(target, filename))));
  return packed.map(
    ({ name, files, size }) => `${name}: ${files.length} files, ${Math.ceil(size / 1000)} kB packed`,
  );
}

async function checkTarball(tarball) {
  await runTool("publint", ["run", tarball, "--strict"]);
  await runTool("attw", [tarball, "--profile", "esm-only", "--no-emoji"]);
}
