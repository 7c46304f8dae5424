/** Has each process look after its collections once, before it works with them. */

/** The work, done at the first call and, where it failed, at the next; calls meanwhile wait for the same. */
export function ready(work: () => Promise<unknown>): () => Promise<void> {
  let doing: Promise<void> | undefined;
  return () => {
    doing ??= work().then(
      () => undefined,
      (error: unknown) => {
        doing = undefined;
        throw error;
      },
    );
    return doing;
  };
}
