/** Contexts of runs and steps: values under keys, JSON each. */
import { encodeJson, type Json } from "../../model/json.ts";
import type { ContextValues } from "../contexts.ts";

/** A context as it is stored. */
export type StoredValues = Readonly<Record<string, Json>>;

/** Values that can be set: what is asked is the latest word, here or before. */
export class Values implements ContextValues {
  readonly #before: ReadonlyMap<string, Json>;
  readonly #set: Map<string, Json>;
  readonly #what: string;

  /** `set`: what earlier attempts of the same execution have set already. */
  constructor(what: string, before: StoredValues, set: StoredValues = {}) {
    this.#what = what;
    this.#before = new Map(Object.entries(before));
    this.#set = new Map(Object.entries(set));
  }

  // Bound, so that functions may take the context apart.
  readonly get = <Value = Json>(key: string): Value | undefined => {
    const value = this.#set.has(key) ? this.#set.get(key) : this.#before.get(key);
    return value as Value | undefined; // the caller's word
  };

  readonly set = (key: string, value: unknown): void => {
    this.#set.set(key, JSON.parse(encodeJson(value, `${this.#what} "${key}"`)) as Json); // what encodeJson wrote
  };

  /** What was set; `undefined` for nothing. */
  changes(): StoredValues | undefined {
    return this.#set.size === 0 ? undefined : Object.fromEntries(this.#set);
  }

  /** Everything. */
  all(): StoredValues {
    return Object.fromEntries([...this.#before, ...this.#set]);
  }
}
