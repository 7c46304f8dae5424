/** The Lua scripts: put together from their parts, loaded once, run by digest. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Redis } from "ioredis";
import type { Word } from "./script-words.ts";

const VERBS = ["enqueue", "claim", "save", "settle", "extend", "rescue", "read"] as const;
type Verb = (typeof VERBS)[number];

const WRITING_PARTS = ["server", "changes"];
const HOLDER_PARTS = [...WRITING_PARTS, "moves", "holder"];
const PARTS: Record<Verb, readonly string[]> = {
  enqueue: WRITING_PARTS,
  claim: WRITING_PARTS,
  save: HOLDER_PARTS,
  settle: HOLDER_PARTS,
  extend: [],
  rescue: [...WRITING_PARTS, "moves"],
  read: [],
};

/** Where memory has run out, what ends or goes on is let through, and only new jobs are refused. */
const FLAGS: Record<Verb, string> = {
  enqueue: "",
  claim: "allow-oom",
  save: "allow-oom",
  settle: "allow-oom",
  extend: "allow-oom",
  rescue: "allow-oom",
  read: "no-writes",
};

/** In the order of `parts/keys.lua`. */
const KEYS = [
  "job",
  "ended",
  "envelope",
  "checkpoint",
  "records",
  "ids",
  "fork",
  "token",
  "leases",
  "lease",
  "events",
  "row",
  "server",
];

/** Where a store lives and whose clock it uses. */
export interface Place {
  readonly redis: Redis;
  /** One hash tag, so that every key of the namespace is in one slot. */
  readonly prefix: string;
  readonly clock: "server" | "test";
}

/** Runs verbs; a server that has lost the scripts (restart, failover) is given them again. */
export class Scripts {
  readonly #place: Place;
  readonly #texts: ReadonlyMap<Verb, { readonly text: string; readonly digest: string }>;

  constructor(place: Place) {
    this.#place = place;
    this.#texts = new Map(VERBS.map((verb) => [verb, scriptOf(verb, place.clock)]));
  }

  /** What the script answers is known to its caller alone, hence the type it names. */
  async run<T>(verb: Verb, words: readonly Word[]): Promise<T> {
    const script = this.#texts.get(verb);
    if (script === undefined) throw new Error(`no script ${verb}`);
    const { prefix, redis } = this.#place;
    const rest = [KEYS.length, ...KEYS.map((key) => prefix + key), prefix, ...words];
    try {
      return (await redis.call("EVALSHA", [script.digest, ...rest])) as T;
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
      return (await redis.call("EVAL", [script.text, ...rest])) as T;
    }
  }
}

function scriptOf(verb: Verb, clock: Place["clock"]): { text: string; digest: string } {
  const now = clock === "test" ? "test-now" : "now";
  const parts = ["keys", "words", now, "many", "jobs", ...PARTS[verb]].map((part) => `parts/${part}`);
  const text = [`#!lua flags=${FLAGS[verb]}`, ...[...parts, verb].map(read)].join("\n");
  return { text, digest: createHash("sha1").update(text).digest("hex") };
}

function read(name: string): string {
  return readFileSync(new URL(`../lua/${name}.lua`, import.meta.url), "utf8");
}
