// Owns one example's list in a process of its own, so that its memory is its own: node run-example.mjs <folder> <store>.
// Prints what was tried as its last line, in JSON.
import { createJiti } from "jiti";

const [folder, store] = process.argv.slice(2);
const { run } = await createJiti(import.meta.url).import(`../../examples/${folder}/main.ts`);
const { tried } = await run(store, () => undefined);
process.stdout.write(`${JSON.stringify(tried)}\n`);
