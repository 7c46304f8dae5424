/** What anything thrown says of itself. */

/** Its message, or it as text; hostile objects included. */
export function messageOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return "an error that cannot be shown"; // an object without a prototype, a hostile toString
  }
}
