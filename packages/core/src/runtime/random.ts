/** Where core's randomness comes from. */

/** Uniform in [0, 1). */
export type Random = () => number;

/** The machine's randomness; good for jitter, not for secrets. */
export const systemRandom: Random = () => Math.random();
