/** An earlier state of the project, built from its own history beside today's. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const OURS = "@millrace";
/** What a worker on PostgreSQL is made of. */
const PACKAGES = ["core", "postgres"];

/** A built checkout; its packages resolve each other there, and everything else from today's installation. */
export interface OldRelease {
  readonly folder: string;
  remove(): void;
}

/** The commit among these names that this clone has; `undefined` where its history was cut off. */
export function knownCommit(names: readonly string[]): string | undefined {
  return names.find((name) => git(["rev-parse", "--verify", "--quiet", `${name}^{commit}`]).status === 0);
}

/** Checks the commit out and builds it. */
export function buildOldRelease(commit: string): OldRelease {
  const folder = mkdtempSync(join(tmpdir(), "millrace-old-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const archive = git(["archive", commit]);
    must(spawnSync("tar", ["-x", "-C", folder], { input: archive.stdout }), "tar");
    linkModules(folder);
    const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
    must(spawnSync(process.execPath, [compiler, "-b", "packages/postgres"], { cwd: folder }), "tsc");
    return { folder, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

function linkModules(folder: string): void {
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, OURS), { recursive: true });
  for (const name of readdirSync(join(ROOT, "node_modules"))) {
    if (name !== OURS) symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
  }
  for (const name of PACKAGES) symlinkSync(join(folder, "packages", name), join(modules, OURS, name));
}

function git(words: readonly string[]) {
  return spawnSync("git", words, { cwd: ROOT, maxBuffer: 2 ** 28 });
}

function must(run: ReturnType<typeof spawnSync>, what: string): void {
  if (run.status !== 0)
    throw new Error(`${what} failed: ${run.error?.message ?? `${run.stdout}${run.stderr}`}`);
}
