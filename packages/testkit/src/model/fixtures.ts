/** Sequences kept because a store once failed on them, or a broken rule seldom shows; every home replays them first. */
import { readdirSync, readFileSync } from "node:fs";
import type { Call } from "./call.ts";

/** A kept sequence; its name says the rule that it is about. */
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
    .map((file) => JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")) as Fixture); // in the shape a failing run tells it
}

/** The kept sequence of this name. @throws Error where there is none. */
export function readFixture(name: string): Fixture {
  const fixture = readFixtures().find((one) => one.name === name);
  if (fixture === undefined) throw new Error(`there is no fixture ${name}`);
  return fixture;
}
