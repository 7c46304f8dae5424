/** How a handler says that its attempt ends otherwise than by success or failure. */
import type { ChildPolicy } from "../model/children.ts";
import type { SnoozeNote } from "../model/limit.ts";
import type { HolderWrite } from "../model/settlement.ts";

/** What a holder's write may carry beside its numbers; all of it is applied together or not at all. */
export type WriteParts = Pick<
  HolderWrite,
  "checkpoint" | "spawn" | "step" | "items" | "onlyNewItems" | "counters" | "marks" | "progress" | "log"
>;

/** Waiting for children: the job runs again once at most `wakeAt` of them (0 where left out) are unfinished. */
export interface SuspendParts extends WriteParts {
  readonly wakeAt?: number | undefined;
}

/** Waiting for children under a policy: `wait-all` where left out. */
export interface WaitParts extends WriteParts {
  readonly policy?: ChildPolicy | "wait-all" | "fail-fast" | undefined;
}

/** Putting a job off: why, which is kept with it until it starts again. */
export interface SnoozeParts extends WriteParts, SnoozeNote {}

declare const controlBrand: unique symbol;

/** Made by the context, returned or thrown by a handler: how to end the attempt and what to write with that. */
export interface Control {
  readonly [controlBrand]: true;
}

/** What a {@link Control} means to the executor. */
export interface ControlMeaning {
  readonly parts: WriteParts;
  readonly end:
    | { readonly kind: "completed"; readonly result: unknown }
    | { readonly kind: "released" }
    | { readonly kind: "snoozed"; readonly delayMs: number; readonly note?: SnoozeNote | undefined }
    | { readonly kind: "suspended"; readonly wakeAt: number; readonly policy?: ChildPolicy | undefined }
    /** The settlement is part of a transaction that the handler has committed. */
    | { readonly kind: "settled" };
}

const meanings = new WeakMap<object, ControlMeaning>();

/** A control value with this meaning. */
export function makeControl(meaning: ControlMeaning): Control {
  const control = Object.freeze({}) as Control; // the brand exists in types only
  meanings.set(control, meaning);
  return control;
}

/** What the value means where it is a control made by this process. */
export function meaningOf(value: unknown): ControlMeaning | undefined {
  return typeof value === "object" && value !== null ? meanings.get(value) : undefined;
}

/** The write parts of an object that may hold more. */
export function partsOf(source: WriteParts): WriteParts {
  return {
    ...(source.checkpoint === undefined ? {} : { checkpoint: source.checkpoint }),
    ...(source.spawn === undefined ? {} : { spawn: source.spawn }),
    ...(source.step === undefined ? {} : { step: source.step }),
    ...(source.items === undefined ? {} : { items: source.items }),
    ...(source.onlyNewItems === undefined ? {} : { onlyNewItems: source.onlyNewItems }),
    ...(source.counters === undefined ? {} : { counters: source.counters }),
    ...(source.marks === undefined ? {} : { marks: source.marks }),
    ...(source.progress === undefined ? {} : { progress: source.progress }),
    ...(source.log === undefined ? {} : { log: source.log }),
  };
}
