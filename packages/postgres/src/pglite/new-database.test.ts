import { expect, test } from "vitest";
import { createPgliteClient } from "./pglite-client.ts";

async function identifierOfNew(): Promise<unknown> {
  const client = createPgliteClient({ directory: "", inMemory: true });
  await client.open();
  try {
    const [row] = await client.query("select system_identifier::text as id from pg_control_system()", []);
    return row;
  } finally {
    await client.close();
  }
}

test("new databases come from the files the build has made: initdb would give each an identifier of its own", async () => {
  const first = await identifierOfNew();
  expect(first).toMatchObject({ id: expect.stringMatching(/^\d+$/) });
  expect(await identifierOfNew()).toEqual(first);
});
