/** Who acts on the command line: the person at it, as the operating system knows them. */
import { type Actor, userName } from "@millrace/core";

/** The actor of what commands do. */
export function commandActor(): Actor {
  return { kind: "user", id: userName() };
}
