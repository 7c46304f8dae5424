/** Where text goes, and what a terminal that is none never sees. */
import { expect, test } from "vitest";
import { renderTable } from "./table.ts";
import { createTerminal, type Terminal } from "./terminal.ts";

function terminal(isTTY: boolean, environment: Readonly<Record<string, string>> = {}) {
  const written: string[] = [];
  const made: Terminal = createTerminal({
    stdout: { isTTY, write: (text) => written.push(`out:${text}`) },
    stderr: { isTTY, columns: 60, write: (text) => written.push(`err:${text}`) },
    stdin: { isTTY },
    environment,
  });
  return { made, written };
}

test("no colour and no live line where there is no terminal", () => {
  const { made, written } = terminal(false);
  made.live("bar");
  made.say("error", "error: x");
  made.print(made.outColours.bold("data"));
  expect(written).toEqual(["err:error: x\n", "out:data\n"]);
});

test("NO_COLOR turns colours off on a terminal; empty it says nothing", () => {
  expect(terminal(true, { NO_COLOR: "1" }).made.colours.red("x")).toBe("x");
  expect(terminal(true, { NO_COLOR: "" }).made.colours.red("x")).not.toBe("x");
  expect(terminal(true, { TERM: "dumb" }).made.isLive).toBe(false);
});

test("messages appear above the live line", () => {
  const { made, written } = terminal(true);
  made.live("bar");
  made.say("info", "message");
  made.live("bar");
  made.live(undefined);
  const clear = "\r\u001b[2K";
  expect(written).toEqual([`err:${clear}bar`, `err:${clear}`, "err:message\n", "err:bar", `err:${clear}`]);
});

test("less important messages than the level are left out", () => {
  const { made, written } = terminal(false);
  made.level = "warn";
  for (const level of ["error", "warn", "info", "debug"] as const) made.say(level, level);
  expect(written).toEqual(["err:error\n", "err:warn\n"]);
});

test("tables align numbers right and end without spaces", () => {
  const columns = [
    { title: "name", cell: (row: readonly [string, number]) => row[0] },
    { title: "n", align: "right" as const, cell: (row: readonly [string, number]) => String(row[1]) },
    { title: "note", cell: () => "" },
  ];
  expect(
    renderTable(columns, [
      ["a", 1],
      ["longer", 1000],
    ]),
  ).toEqual(["name       n  note", "a          1", "longer  1000"]);
});
