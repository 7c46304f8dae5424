/** Where the workspaces' modules are before anything is built: what they export, by the name it is imported by. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A module's name, as a whole, and its file. */
interface Alias {
  readonly find: RegExp;
  readonly replacement: string;
}

const PACKAGES = fileURLToPath(new URL("../packages", import.meta.url));

/** Has tests run from the sources, without a build. */
export function sourceAliases(): Alias[] {
  return readdirSync(PACKAGES).flatMap((folder) => {
    const { name, exports } = JSON.parse(
      readFileSync(`${PACKAGES}/${folder}/package.json`, "utf8"),
    ) as Manifest;
    return Object.entries(exports).flatMap(([path, target]) =>
      typeof target === "string"
        ? []
        : [aliasOf(`${name}${path.slice(1)}`, `${PACKAGES}/${folder}`, target.default)],
    );
  });
}

/** Of a package.json of ours. */
interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
}

function aliasOf(specifier: string, folder: string, built: string): Alias {
  const source = built.replace("./dist/", "src/").replace(/\.js$/, ".ts");
  return { find: new RegExp(`^${specifier.replaceAll("/", "\\/")}$`), replacement: `${folder}/${source}` };
}
