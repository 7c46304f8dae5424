/** One layer of values by key, each with where it was found; not checked yet. */
import type { AnyKey } from "./settings-table.ts";

/** The stronger layer wins key by key. */
export type SettingLayer = ReadonlyMap<AnyKey, GivenValue>;

/** A value as it was given. */
export interface GivenValue {
  readonly value: unknown;
  /** A flag, variable or file by name. */
  readonly source: string;
}
