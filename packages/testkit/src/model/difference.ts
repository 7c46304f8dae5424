/** Where two plain values differ, in words. */
import { isDeepStrictEqual } from "node:util";

/** Most differences told at once. */
const MAX_DIFFERENCES = 8;

/** The value as JSON carries it: fields left out and fields set to `undefined` are the same. */
export function plain(value: unknown): unknown {
  return value === undefined ? null : JSON.parse(JSON.stringify(value));
}

/** One line for each place where the store's value is not the model's; nothing where they agree. */
export function differences(model: unknown, store: unknown, place: string): readonly string[] {
  return isDeepStrictEqual(model, store) ? [] : walk(model, store, place).slice(0, MAX_DIFFERENCES);
}

function walk(model: unknown, store: unknown, place: string): readonly string[] {
  if (isDeepStrictEqual(model, store)) return [];
  if (!isBranch(model) || !isBranch(store) || Array.isArray(model) !== Array.isArray(store)) {
    return [`${place}: the model says ${JSON.stringify(model)}, the store ${JSON.stringify(store)}`];
  }
  const names = [...new Set([...Object.keys(model), ...Object.keys(store)])];
  return names.flatMap((name) => walk(model[name], store[name], `${place}.${name}`));
}

function isBranch(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
