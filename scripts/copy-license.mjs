// Owns the licence in every package: `npm pack` runs this in a package's folder, since npm packs no file from above it.
import { copyFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

copyFileSync(fileURLToPath(new URL("../LICENSE", import.meta.url)), "LICENSE");
