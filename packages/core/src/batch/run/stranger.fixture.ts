/** What tests of run control share: a client of another process. */
import { createMillrace } from "../../millrace.ts";
import type { Scene } from "../../testing/scene.fixture.ts";

/** A client that knows the store and nothing else. */
export function stranger(of: Scene<readonly []>) {
  return createMillrace({ store: of.store, timing: of.time, onError: () => undefined });
}
