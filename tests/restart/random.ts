/** Random numbers that are the same for the same seed. */

/** A stream of numbers in [0, 1). */
export type Random = () => number;

const MODULUS = 2_147_483_647;

/** Lehmer's generator, with Park and Miller's revised multiplier (1993). */
export function seededRandom(seed: number): Random {
  let state = (seed % (MODULUS - 1)) + 1;
  const next = (): number => {
    state = (state * 48_271) % MODULUS;
    return state / MODULUS;
  };
  // Small seeds make small first numbers.
  for (let skipped = 0; skipped < 3; skipped += 1) next();
  return next;
}
