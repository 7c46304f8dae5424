/** Whether a value is to be awaited; what is not, costs no turn of the event loop. Pure. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
