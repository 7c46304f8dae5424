/** A store some of whose calls go wrong, as planned: to see what a program does about it. */
import { MillraceError } from "../model/errors.ts";
import { badOption, refuseUnknownKeys } from "../model/options.ts";
import type { Random } from "../runtime/random.ts";
import type { Store } from "../store/store.ts";
import { interceptedStore, type StoreCall, type StoreVerb } from "./intercepted-store.ts";
import { seededRandom } from "./seeded-random.ts";

/** Calls of one verb that go wrong. */
export interface Fault {
  readonly verb: StoreVerb;
  /** Which call of the verb from now on, counted from 1; the next where left out. */
  readonly nth?: number | undefined;
  /** How many calls in a row; one where left out. */
  readonly times?: number | undefined;
  /** `before` (where left out): the call does nothing. `after`: it takes effect and its answer is lost. */
  readonly when?: "before" | "after" | undefined;
  /** What the caller gets; a `store-unreachable`, which passes, where left out. */
  readonly error?: unknown;
}

/** Calls that go wrong by chance, before or after their effect: the same ones for the same seed and calls. */
export interface RandomFaults {
  readonly seed: number;
  /** How likely each call fails, in [0, 1]. */
  readonly rate: number;
  /** All verbs where left out. */
  readonly verbs?: readonly StoreVerb[] | undefined;
}

/** What goes wrong. */
export interface FaultPlan {
  readonly faults?: readonly Fault[] | undefined;
  readonly random?: RandomFaults | undefined;
}

/** A fault that has happened. */
export interface StruckFault {
  readonly verb: StoreVerb;
  /** The call's number among those of its verb, from 1. */
  readonly call: number;
  readonly when: "before" | "after";
}

/** A store with faults. */
export interface FaultyStore extends Store {
  /** Plans another fault. @throws MillraceError `bad-config` */
  fail(fault: Fault): void;
  /** Forgets what is planned, chance included. */
  heal(): void;
  /** What has gone wrong so far, oldest first: a test should see that its fault did happen. */
  readonly struck: readonly StruckFault[];
}

interface StruckHow {
  readonly when: "before" | "after";
  readonly error: unknown;
}

interface Planned extends StruckHow {
  readonly verb: StoreVerb;
  /** Among the calls of its verb. */
  readonly from: number;
  readonly upTo: number;
}

/**
 * The store with faults. A call that fails `before` has no effect; one that fails `after` has, and the caller cannot
 * know. @throws MillraceError `bad-config` naming the option and the bad value.
 */
export function faultyStore(store: Store, plan: FaultPlan = {}): FaultyStore {
  refuseUnknownKeys("faultyStore", plan, ["faults", "random"]);
  const struck: StruckFault[] = [];
  const calls = new Map<StoreVerb, number>();
  let planned: Planned[] = [];
  let chance = plan.random && chanceOf(plan.random);
  const fail = (fault: Fault) => void planned.push(plannedFault(store, fault, calls.get(fault.verb) ?? 0));
  for (const fault of plan.faults ?? []) fail(fault);
  const strike = ({ verb }: StoreCall, call: number): StruckHow | undefined =>
    planned.find((each) => each.verb === verb && each.from <= call && call <= each.upTo) ?? chance?.(verb);
  const faulty = interceptedStore(store, async (storeCall, make) => {
    const { verb } = storeCall;
    const call = (calls.get(verb) ?? 0) + 1;
    calls.set(verb, call);
    const fault = strike(storeCall, call);
    if (fault === undefined) return make();
    struck.push({ verb, call, when: fault.when });
    if (fault.when === "after") await make();
    throw fault.error;
  });
  const heal = () => {
    planned = [];
    chance = undefined;
  };
  return { ...faulty, fail, heal, struck };
}

/** The trouble that passes. */
function unreachable(): MillraceError {
  return new MillraceError("store-unreachable", "the store cannot be reached (a fault of the test)");
}

function plannedFault(store: Store, fault: Fault, made: number): Planned {
  refuseUnknownKeys("fault", fault, ["verb", "nth", "times", "when", "error"]);
  const { verb, nth = 1, times = 1, when = "before" } = fault;
  if (!canFail(store, verb))
    throw badOption("fault.verb", verb, "a verb of this store, or transaction where it has them");
  if (when !== "before" && when !== "after") throw badOption("fault.when", when, "before or after");
  const from = made + counting("fault.nth", nth);
  return {
    verb,
    when,
    from,
    upTo: from + counting("fault.times", times) - 1,
    error: fault.error ?? unreachable(),
  };
}

function canFail(store: Store, verb: StoreVerb): boolean {
  if (verb === "transaction") return store.capabilities.transactions !== undefined;
  return verb !== undefined && typeof store[verb] === "function";
}

function counting(option: string, value: number): number {
  if (value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && value >= 1)) return value;
  throw badOption(option, value, "a whole number, 1 or more");
}

type Chance = (verb: StoreVerb) => StruckHow | undefined;

function chanceOf({ seed, rate, verbs }: RandomFaults): Chance {
  if (!(rate >= 0 && rate <= 1)) throw badOption("faultyStore.random.rate", rate, "0 to 1");
  const random: Random = seededRandom(seed);
  return (verb) => {
    if (verbs !== undefined && !verbs.includes(verb)) return undefined;
    if (random() >= rate) return undefined;
    return { when: random() < 0.5 ? "before" : "after", error: unreachable() };
  };
}
