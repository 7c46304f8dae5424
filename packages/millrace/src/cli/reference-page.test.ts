/** Keeps docs/reference/cli.md equal to the grammar of the command line. */
import { expect, test } from "vitest";
import { createProgram } from "./program.ts";
import { cliReferencePage } from "./reference-page.ts";

test("the command line's reference page is current", async () => {
  const program = createProgram(async () => undefined);
  await expect(cliReferencePage(program)).toMatchFileSnapshot("../../../../docs/reference/cli.md");
});
