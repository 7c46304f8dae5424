/** Keeps docs/reference/configuration.md equal to the table of settings. */
import { expect, test } from "vitest";
import { referencePage } from "./reference-page.ts";

test("the reference page is current", async () => {
  await expect(referencePage()).toMatchFileSnapshot("../../../../docs/reference/configuration.md");
});
