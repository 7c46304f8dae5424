/** Work that is done once, however often it is asked for. */

/** The work, done at the first call; later ones wait for the same. */
export function once(work: () => Promise<void>): () => Promise<void> {
  let doing: Promise<void> | undefined;
  return () => {
    doing ??= work();
    return doing;
  };
}
