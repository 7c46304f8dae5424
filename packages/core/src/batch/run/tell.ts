/** Calls a pipeline's listeners: awaited, and what they throw changes nothing. */
import type { RunRow } from "../../model/run.ts";
import type { RunListeners, RunNews } from "../listeners.ts";
import type { RunParts } from "./run-parts.ts";

/** Tells a listener, where there is one; what it throws is reported. */
export async function tell<Name extends keyof RunListeners>(
  { definition, onError }: Pick<RunParts, "definition" | "onError">,
  name: Name,
  news: Parameters<NonNullable<RunListeners[Name]>>[0],
): Promise<void> {
  const listener = definition.on[name]?.bind(definition.on) as ((news: unknown) => unknown) | undefined; // news of its kind
  if (listener === undefined) return;
  try {
    await listener(news);
  } catch (error) {
    onError(error, `listener ${definition.name} ${name}`);
  }
}

/** What is told of a run. */
export function newsOf({ id, definition, tenant }: Pick<RunRow, "id" | "definition" | "tenant">): RunNews {
  return { run: id, definition, tenant };
}
