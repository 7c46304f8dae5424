import { expect, test } from "vitest";
import { admit, type CallEnd, type Circuit, CLOSED, judge } from "./circuit.ts";

const TERMS = { failures: 3, trials: 1 };

/** The circuit after calls that ended so, one after the other, while nothing is held; how often it opened. */
function after(ends: readonly CallEnd[], start: Circuit = CLOSED) {
  let circuit = start;
  let opened = 0;
  for (const end of ends) {
    circuit = admit(circuit, false, TERMS).circuit;
    const judgement = judge(circuit, end, TERMS);
    circuit = judgement.circuit;
    opened += judgement.opens ? 1 : 0;
  }
  return { circuit, opened };
}

test("it opens after so many failures in a row, and not before", () => {
  expect(after(["failed", "failed"])).toEqual({ circuit: { kind: "closed", failures: 2 }, opened: 0 });
  expect(after(["failed", "failed", "failed"])).toEqual({ circuit: { kind: "open" }, opened: 1 });
  expect(after(["failed", "failed", "good", "failed", "failed"]).opened).toBe(0);
});

test("what says nothing of what was called neither counts nor breaks the row", () => {
  expect(after(["failed", "neither", "failed", "neither", "failed"]).opened).toBe(1);
});

test("while the limit is held, by whomever, nothing goes; after that it is tried", () => {
  const waiting = admit(CLOSED, true, TERMS);
  expect(waiting).toEqual({ circuit: { kind: "open" }, goes: false });
  const trying = admit(waiting.circuit, false, TERMS);
  expect(trying).toEqual({ circuit: { kind: "trying", underWay: 1 }, goes: true });
  expect(admit(trying.circuit, false, TERMS).goes).toBe(false);
  expect(admit(trying.circuit, false, { ...TERMS, trials: 2 })).toEqual({
    circuit: { kind: "trying", underWay: 2 },
    goes: true,
  });
});

test("a trial that succeeds closes it, one that fails opens it again, one that says nothing makes room for another", () => {
  const open: Circuit = { kind: "open" };
  expect(after(["good"], open)).toEqual({ circuit: CLOSED, opened: 0 });
  expect(after(["failed"], open)).toEqual({ circuit: open, opened: 1 });
  const undecided = after(["neither"], open);
  expect(admit(undecided.circuit, false, TERMS).goes).toBe(true);
});

test("calls that began before it opened change nothing", () => {
  const open: Circuit = { kind: "open" };
  for (const end of ["good", "failed", "neither"] as const) {
    expect(judge(open, end, TERMS)).toEqual({ circuit: open, opens: false });
  }
});
