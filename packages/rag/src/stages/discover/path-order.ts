/** The one order of paths that discovery keeps, so that a path can serve as its cursor. */
import { sep } from "node:path";

/**
 * Negative where `left` comes first. Paths compare folder by folder, each name by its UTF-16 code units: exactly the
 * order of a walk that visits the entries of every folder in name order.
 */
export function comparePaths(left: string, right: string): number {
  const leftNames = left.split(sep);
  const rightNames = right.split(sep);
  const shared = Math.min(leftNames.length, rightNames.length);
  for (let index = 0; index < shared; index++) {
    const order = compareNames(leftNames[index] ?? "", rightNames[index] ?? "");
    if (order !== 0) return order;
  }
  return leftNames.length - rightNames.length;
}

/** Negative where `left` comes first, by UTF-16 code units: the same on every machine and in every locale. */
export function compareNames(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Whether `path` is `folder` or lies in it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
