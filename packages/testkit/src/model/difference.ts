/** Where two values differ, in words. Fields left out and fields set to `undefined` are the same. */

/** Most differences told at once. */
const MAX_DIFFERENCES = 8;
const NONE: readonly string[] = [];

/** One line for each place where the store's value is not the model's; nothing where they agree. */
export function differences(model: unknown, store: unknown, place: string): readonly string[] {
  return walk(model, store, place).slice(0, MAX_DIFFERENCES);
}

function walk(model: unknown, store: unknown, place: string): readonly string[] {
  if (Object.is(model, store)) return NONE;
  if (!isBranch(model) || !isBranch(store) || Array.isArray(model) !== Array.isArray(store)) {
    return [`${place}: the model says ${JSON.stringify(model)}, the store ${JSON.stringify(store)}`];
  }
  // Of arrays also the length, or an element that is `undefined` would be the same as none.
  const names = new Set([
    ...Object.keys(model),
    ...Object.keys(store),
    ...(Array.isArray(model) ? ["length"] : []),
  ]);
  return [...names].flatMap((name) => walk(model[name], store[name], `${place}.${name}`));
}

function isBranch(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
