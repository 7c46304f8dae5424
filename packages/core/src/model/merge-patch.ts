/** JSON merge patch, as RFC 7396 has it: objects are merged, `null` removes, everything else replaces. */
import type { Json } from "./json.ts";

/** The value with the patch in it; neither is changed. */
export function mergePatch(value: Json, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const base = isObject(value) ? value : {};
  const kept = Object.entries(base).filter(([key]) => !Object.hasOwn(patch, key));
  const patched = Object.entries(patch).flatMap(([key, member]) =>
    member === null ? [] : [[key, mergePatch(ownMember(base, key), member)] as const],
  );
  // Unlike assignment this makes a key "__proto__" a key like any other.
  return Object.fromEntries([...kept, ...patched]);
}

function ownMember(base: { readonly [key: string]: Json }, key: string): Json {
  return Object.hasOwn(base, key) ? (base[key] ?? null) : null;
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
