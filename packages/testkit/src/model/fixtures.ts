/** Sequences kept because a store once failed on them; every home replays them first. */
import { readdirSync, readFileSync } from "node:fs";
import type { Call } from "./call.ts";

/** A kept sequence; its name says the rule it broke. */
export interface Fixture {
  readonly name: string;
  readonly calls: readonly Call[];
}

const FOLDER = new URL("./fixtures/", import.meta.url);

/** The kept sequences, by file name. */
export function readFixtures(): readonly Fixture[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")) as Fixture); // written by a failing run
}
