import { describe, expect, test } from "vitest";
import { begun, type Circuit, CLOSED_CIRCUIT, ended } from "./circuit.ts";

function failed(times: number, atMs = 0): Circuit {
  let circuit = CLOSED_CIRCUIT;
  for (let time = 0; time < times; time++) circuit = ended(circuit, "failure", atMs);
  return circuit;
}

const at = (nowMs: number) => ({ nowMs, trialMs: 60_000 });

describe("circuit", () => {
  test("opens for five seconds after five failures in a row", () => {
    expect(begun(failed(4), at(0)).waitMs).toBe(0);
    expect(begun(failed(5), at(0)).waitMs).toBe(5_000);
    expect(begun(failed(5), at(4_000)).waitMs).toBe(1_000);
  });

  test("one answer is enough to begin counting anew", () => {
    const answered = ended(failed(4), "success", 0);
    expect(begun(ended(answered, "failure", 0), at(0)).waitMs).toBe(0);
  });

  test("one request tries when the time is over, the others wait a second", () => {
    const trial = begun(failed(5), at(5_000));
    expect(trial.waitMs).toBe(0);
    expect(begun(trial.circuit, at(5_001)).waitMs).toBe(1_000);
  });

  test("a good trial closes it", () => {
    const { circuit } = begun(failed(5), at(5_000));
    expect(ended(circuit, "success", 5_100)).toEqual(CLOSED_CIRCUIT);
  });

  test("each failed trial doubles the time, up to a minute", () => {
    let circuit = failed(5);
    let nowMs = 0;
    const waits: number[] = [];
    for (let trial = 0; trial < 6; trial++) {
      const { waitMs } = begun(circuit, at(nowMs));
      waits.push(waitMs);
      nowMs += waitMs;
      circuit = ended(begun(circuit, at(nowMs)).circuit, "failure", nowMs);
    }
    expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  });

  test("requests that were in flight when it opened do not prolong it", () => {
    const circuit = ended(failed(5), "failure", 3_000);
    expect(begun(circuit, at(4_000)).waitMs).toBe(1_000);
  });

  test("an aborted trial leaves the place to the next, and a lost one to whoever comes after its time-out", () => {
    const trial = begun(failed(5), at(5_000)).circuit;
    expect(begun(ended(trial, "unknown", 5_500), at(5_500)).waitMs).toBe(0);
    expect(begun(trial, at(65_000)).waitMs).toBe(0);
  });
});
