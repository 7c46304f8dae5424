/** A circuit breaker as data: what a call may do, and what its end makes of the circuit. Knows no time: holds are kept elsewhere. */

/** When it opens, and what it lets through after that. */
export interface CircuitTerms {
  /** Failures in a row, 1 or more, after which nothing is called for a while. */
  readonly failures: number;
  /** Calls at once, 1 or more, by which it is tried whether all is well again. */
  readonly trials: number;
}

/** `closed`: all goes through. `open`: nothing does while it is held; after that it is tried. */
export type Circuit =
  | { readonly kind: "closed"; readonly failures: number }
  | { readonly kind: "open" }
  | { readonly kind: "trying"; readonly underWay: number };

/** Where every circuit begins. */
export const CLOSED: Circuit = Object.freeze({ kind: "closed", failures: 0 });

/** What a call may do: go ahead, or wait and ask again. */
export interface Admission {
  readonly circuit: Circuit;
  readonly goes: boolean;
}

/** Somebody wants to call. `isHeld`: by whomever; a circuit that finds its limit held is open. */
export function admit(circuit: Circuit, isHeld: boolean, { trials }: CircuitTerms): Admission {
  if (isHeld) return { circuit: { kind: "open" }, goes: false };
  switch (circuit.kind) {
    case "closed":
      return { circuit, goes: true };
    case "open":
      return { circuit: { kind: "trying", underWay: 1 }, goes: true };
    case "trying":
      if (circuit.underWay >= trials) return { circuit, goes: false };
      return { circuit: { kind: "trying", underWay: circuit.underWay + 1 }, goes: true };
  }
}

/** How a call that was let through ended: well, badly, or so that it says nothing of what was called. */
export type CallEnd = "good" | "failed" | "neither";

/** What that makes of the circuit, and whether the limit is to be held now. */
export interface Judgement {
  readonly circuit: Circuit;
  readonly opens: boolean;
}

/** A call ended. Those that began before it opened change nothing any more. */
export function judge(circuit: Circuit, end: CallEnd, { failures }: CircuitTerms): Judgement {
  switch (circuit.kind) {
    case "closed": {
      if (end !== "failed") return { circuit: end === "good" ? CLOSED : circuit, opens: false };
      const inRow = circuit.failures + 1;
      if (inRow >= failures) return { circuit: { kind: "open" }, opens: true };
      return { circuit: { kind: "closed", failures: inRow }, opens: false };
    }
    case "open":
      return { circuit, opens: false };
    case "trying":
      if (end === "good") return { circuit: CLOSED, opens: false };
      if (end === "failed") return { circuit: { kind: "open" }, opens: true };
      return { circuit: { kind: "trying", underWay: Math.max(circuit.underWay - 1, 0) }, opens: false };
  }
}
