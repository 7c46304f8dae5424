/** How a setting that cannot be used is refused: its key, its value, where it came from and what it takes. */
import { MillraceError } from "@millrace/core";
import { masked } from "./mask.ts";
import { SETTING_KEYS, SETTINGS, type SettingKey } from "./settings-table.ts";

/** A setting with a value it does not take. */
export function badValue(key: SettingKey, value: unknown, source: string): MillraceError {
  return new MillraceError(
    "bad-config",
    `${key} is ${shown(value)} (${source}); it takes ${SETTINGS[key].takes}`,
    { details: { key, source } },
  );
}

/** A key that is no setting. */
export function unknownKey(key: string, value: unknown, source: string): MillraceError {
  const near = nearest(key);
  const advice = near === undefined ? `known keys: ${SETTING_KEYS.join(", ")}` : `did you mean ${near}?`;
  return new MillraceError("bad-config", `${key} (${shown(value)}, ${source}) is not a setting; ${advice}`, {
    details: { key, source },
  });
}

/** A value as messages show it, without passwords. */
export function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(masked(value)) : (JSON.stringify(value) ?? String(value));
}

/** The setting meant by a key that differs only in case and punctuation, or is but the last word of one. */
function nearest(key: string): SettingKey | undefined {
  const plain = plainOf(key);
  return (
    SETTING_KEYS.find((known) => plainOf(known) === plain) ??
    SETTING_KEYS.find((known) => plainOf(known).endsWith(plain) && plain.length > 3)
  );
}

function plainOf(key: string): string {
  return key.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}
