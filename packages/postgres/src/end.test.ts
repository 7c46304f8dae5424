import type { JobId, Token } from "@millrace/core";
import { expect, test } from "vitest";
import { complete, type Ordinary } from "./end.ts";
import type { Session } from "./session.ts";
import type { SqlValue } from "./sql-client.ts";

function completion(id: string, waitMs: number): Ordinary {
  return {
    id: id as JobId,
    token: `${waitMs}` as Token,
    write: 1,
    outcome: { kind: "completed" },
    record: `{"of":"${id}"}`,
    measures: { ran: 1, waitMs, runMs: 0 },
  };
}

test("jobs complete in the order of their ids, in which every call locks them", async () => {
  const sent: (readonly SqlValue[])[] = [];
  const session: Session = {
    run: async (_, values) => {
      sent.push(values);
      return [];
    },
  };
  await complete(session, [completion("b", 2), completion("a", 1), completion("c", 3)], { awaited: true });
  expect(sent).toEqual([
    [
      ["a", "b", "c"],
      ["1", "2", "3"],
      '["{\\"of\\":\\"a\\"}","{\\"of\\":\\"b\\"}","{\\"of\\":\\"c\\"}"]',
      [1, 2, 3],
      [0, 0, 0],
      false,
    ],
  ]);
});
