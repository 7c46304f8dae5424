import { expect, test } from "vitest";
import { queries } from "../generated/sources.ts";
import { foreignSession } from "./foreign-session.ts";

/** Statements that a caller's transaction may run. */
const JOINING = Object.entries(queries).filter(([name]) =>
  /^(job\/(enqueue|unsend)|holder|item\/(insert|replace))/.test(name),
);

test("every value goes as text that the server casts", async () => {
  const sent: unknown[] = [];
  const session = foreignSession(async (...call) => {
    sent.push(...call);
    return [{ one: 1 }];
  });
  const values = ["{}", ["a", 'b"\\'], 1n, true, new Uint8Array([0, 255]), null, undefined];
  const text = "select $1::json, $2::text[], $3::bigint, $4::boolean, $5::bytea, $6::text, $12::int";
  expect(await session.query(text, values)).toEqual([{ one: 1 }]);
  expect(sent).toEqual([
    "select $1::text::json, $2::text::text[], $3::text::bigint, $4::text::boolean, $5::text::bytea, $6::text, $12::text::int",
    ["{}", '{"a","b\\"\\\\"}', "1", "t", "\\x00ff", null, null],
  ]);
});

test.each(JOINING)("%s says the type of each of its parameters", (_name, text) => {
  const statement = text.replace(/^--.*$/gm, "");
  expect(statement.match(/\$\d+(?!\d|::)/g)).toBeNull();
});
