/** Owns a throw-away copy of the repository's layout with small files in it, and what Biome says of each. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Every package of the architecture, those to come included. */
export const PACKAGES = [
  "core",
  "postgres",
  "redis",
  "rag",
  "http",
  "dashboard",
  "testkit",
  "millrace",
] as const;

/** One file of the layout, and the rule that it breaks, if any. */
export interface Fixture {
  readonly path: string;
  readonly source: string;
  readonly breaks: string | undefined;
}

/** The name to import a package by. */
export function specifierOf(name: string): string {
  return name === "millrace" ? "millrace" : `@millrace/${name}`;
}

/** A module that imports `specifier` as a value and uses it. */
export function importing(specifier: string): string {
  return `import { thing } from "${specifier}";\n\nexport const used: unknown = thing;\n`;
}

/** Lints the fixtures under the repository's own biome.json. Returns each file's broken rules, by path. */
export function lintLayout(fixtures: readonly Fixture[]): Map<string, string[]> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "millrace-lint-")));
  try {
    writeLayout(folder, fixtures);
    return parseReport(folder, runBiome(folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeLayout(folder: string, fixtures: readonly Fixture[]): void {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  for (const file of ["biome.json", ".gitignore"]) cpSync(join(root, file), join(folder, file));
  const dependencies = Object.fromEntries(PACKAGES.map((name) => [specifierOf(name), "*"]));
  const manifest = JSON.stringify({ name: "layout", dependencies });
  const homes = ["", ...PACKAGES.map((name) => `packages/${name}`)];
  const manifests = homes.map((home) => ({ path: join(home, "package.json"), source: manifest }));
  for (const { path, source } of [...manifests, ...fixtures]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), source);
  }
}

function runBiome(folder: string): string {
  const biome = fileURLToPath(new URL("../../node_modules/.bin/biome", import.meta.url));
  const words = ["lint", "--reporter=github", "--max-diagnostics=none", "."];
  const { stdout, stderr, error } = spawnSync(biome, words, {
    cwd: folder,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  if (stdout === "") throw new Error(`Biome reported nothing: ${error?.message ?? stderr}`);
  return stdout;
}

/** A line reads `::error title=lint/<group>/<rule>,file=<path>,line=…::<message>`. */
function parseReport(folder: string, report: string): Map<string, string[]> {
  const broken = new Map<string, string[]>();
  for (const [, title = "", file = ""] of report.matchAll(/^::\w+ title=([^,]+),file=([^,]+),/gm)) {
    const path = file.replace(`${folder}/`, "");
    broken.set(path, [...(broken.get(path) ?? []), title.split("/").at(-1) ?? title]);
  }
  return broken;
}
