/** How a setting that cannot be used is refused: its key, its value, where it came from and what it takes. */
import { MillraceError } from "@millrace/core";
import { masked } from "./mask.ts";
import { MODEL_FIELDS, modelKey } from "./model-settings.ts";
import { nearestOf } from "./nearest.ts";
import { QUEUE_FIELDS, queueKey } from "./queue-settings.ts";
import { type AnyKey, SETTING_KEYS, settingOf } from "./settings-table.ts";

/** A setting with a value it does not take. */
export function badValue(key: AnyKey, value: unknown, source: string): MillraceError {
  const setting = settingOf(key);
  const flaw = setting.flawOf?.(value);
  const why = flaw === undefined ? "" : ` (${flaw})`;
  return new MillraceError(
    "bad-config",
    `${key} is ${shown(value)} (${source}); it takes ${setting.takes}${why}`,
    { details: { key, source } },
  );
}

/** A key that is no setting. */
export function unknownKey(key: string, value: unknown, source: string): MillraceError {
  const near = nearestOf(key, candidatesFor(key));
  const advice = near === undefined ? `known keys: ${knownNear(key).join(", ")}` : `did you mean ${near}?`;
  return new MillraceError("bad-config", `${key} (${shown(value)}, ${source}) is not a setting; ${advice}`, {
    details: { key, source },
  });
}

/** A value as messages show it, without passwords. */
export function shown(value: unknown): string {
  return typeof value === "string"
    ? JSON.stringify(masked(value))
    : masked(JSON.stringify(value) ?? String(value));
}

/** The words before the first dot, and the keys without one. */
const SECTIONS: readonly string[] = [
  ...new Set(["queues", ...SETTING_KEYS.map((key) => key.split(".")[0] ?? key)]),
  "models",
  "profiles",
];

/** What lies between: `priorities.high`. */
const MIDDLES: readonly string[] = [
  ...new Set(SETTING_KEYS.flatMap((key) => /^(.+\..+)\.[^.]+$/.exec(key)?.[1] ?? [])),
];

function candidatesFor(key: string): readonly string[] {
  const [, queue] = /^queues\.(.*)\.[^.]*$/.exec(key) ?? [];
  if (queue !== undefined) return QUEUE_FIELDS.map((field) => queueKey(queue, field));
  const [, model] = /^models\.(.*)\.[^.]*$/.exec(key) ?? [];
  if (model !== undefined) return MODEL_FIELDS.map((field) => modelKey(model, field));
  return [...SETTING_KEYS, ...SECTIONS, ...MIDDLES];
}

/** All of the key's own section, else the sections. */
function knownNear(key: string): readonly string[] {
  if (key.startsWith("queues.")) return QUEUE_FIELDS.map((field) => `queues.<queue>.${field}`);
  if (key.startsWith("models.")) return MODEL_FIELDS.map((field) => `models.<model>.${field}`);
  const [section = ""] = key.split(".");
  const own = SETTING_KEYS.filter((known) => known.startsWith(`${section}.`));
  return own.length > 0 ? own : SECTIONS;
}
