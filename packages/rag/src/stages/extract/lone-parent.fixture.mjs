/** A program that reads one document with one engine of the misbehaving child, and neither stops nor waits. */
import { fileURLToPath } from "node:url";
import { createExtractor } from "../../../dist/index.js";

const [path, engine] = process.argv.slice(2);
const entry = fileURLToPath(new URL("./misbehaving-child.fixture.mjs", import.meta.url));
const extractor = createExtractor({ entry, engines: [engine] });
const { signal } = new AbortController();
const { pages } = await extractor.extract({ path, bytes: 1, format: "pdf" }, { signal });
process.stdout.write(`${pages.length} pages`);
