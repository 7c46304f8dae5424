/** Who acts where nobody says so: this process's user on this machine. */
import { hostname, userInfo } from "node:os";

/** The process, by its user and machine: `<user>@<host>`. */
export function processActor(): { readonly kind: "process"; readonly id: string } {
  return { kind: "process", id: `${userName()}@${hostname()}`.slice(0, 200) };
}

/** The name of this process's user; `uid <n>` where the machine has none for it, as in many containers. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}
