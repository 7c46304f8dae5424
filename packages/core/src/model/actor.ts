/** Who does something, as the audit keeps it. */
import { badOption, refuseUnknownKeys } from "./options.ts";

/**
 * `process`: a program under its own name. `user`: a person at a machine. `key`: the holder of a key of the API.
 * `system`: millrace itself.
 */
export const ACTOR_KINDS = ["process", "user", "key", "system"] as const;
export type ActorKind = (typeof ACTOR_KINDS)[number];

/** Who does something. Written down as told, never trusted for rights. */
export interface Actor {
  readonly kind: ActorKind;
  /** 1 to 200 characters. */
  readonly id: string;
  /** The role under which it acts, where it has one: 1 to 200 characters. */
  readonly role?: string | undefined;
}

/** Millrace itself: what it does by its own rules. */
export const SYSTEM_ACTOR: Actor = Object.freeze({ kind: "system", id: "millrace" });

const KEYS: readonly (keyof Actor)[] = ["kind", "id", "role"];
const MAX_LENGTH = 200;

/** Gives the actor back. @throws MillraceError `bad-config` naming the field and its bad value. */
export function checkActor(option: string, actor: Actor): Actor {
  if (typeof actor !== "object" || actor === null) throw badOption(option, actor, "an object of kind and id");
  refuseUnknownKeys(option, actor, KEYS);
  if (!ACTOR_KINDS.includes(actor.kind))
    throw badOption(`${option}.kind`, actor.kind, ACTOR_KINDS.join(", "));
  checkWord(`${option}.id`, actor.id);
  if (actor.role !== undefined) checkWord(`${option}.role`, actor.role);
  return actor;
}

function checkWord(option: string, word: unknown): void {
  const fits = typeof word === "string" && word !== "" && word.length <= MAX_LENGTH && word.isWellFormed();
  if (!fits) throw badOption(option, word, `1 to ${MAX_LENGTH} characters`);
}
