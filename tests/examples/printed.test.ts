/** Guides print examples as they are. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const at = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");

test("the ported job is the one that is run", () => {
  const blocks = [...at("docs/guides/spring-batch-concepts.md").matchAll(/^```ts\n(.*?)^```$/gms)];
  const files = ["pipeline", "steps"].map((name) => at(`examples/01-document-processing/${name}.ts`));
  expect(blocks.map(([, block]) => block)).toEqual(files);
});
