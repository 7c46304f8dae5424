/** Calls whose throws are rejections. */

/** Whatever the call does, even throwing at once, becomes a promise. */
export function promiseOf(call: () => unknown): Promise<unknown> {
  try {
    return Promise.resolve(call());
  } catch (error) {
    return Promise.reject(error);
  }
}
