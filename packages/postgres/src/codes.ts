/** How the values of the model are written in columns. */
import { PRIORITIES, type Priority } from "@millrace/core";

/** A class as its smallint. */
export function classCode(priority: Priority): number {
  return PRIORITIES.indexOf(priority);
}

/** A class from its smallint. */
export function priorityOf(code: number): Priority {
  return PRIORITIES[code] ?? "default";
}

/** An optional text from a nullable column, as a spreadable object. */
export function optional<K extends string, V>(key: K, value: V | null): { readonly [P in K]?: V } {
  return (value === null ? {} : { [key]: value }) as { readonly [P in K]?: V }; // a computed key widens to string
}
