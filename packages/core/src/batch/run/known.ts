/** What a run's rows hold for certain, where the program is the one that wrote them. */
import { elsewhere } from "./elsewhere.ts";

/**
 * The value. @throws PutOffError where there is none: another version of the pipeline has begun the run, and
 * this one cannot tell what would be right.
 */
export function known<T>(value: T | undefined, missing: string): T {
  if (value !== undefined) return value;
  const advice = "another version of the program has begun it; have that one go on with the run";
  throw elsewhere(`${missing}: ${advice}`);
}
