/** The settings of priority classes: target waits, and the retry policies of jobs that name none. */
import {
  type Duration,
  PRESET_BY_PRIORITY,
  PRIORITIES,
  type Priority,
  programOf,
  type RetryOption,
  TARGET_WAITS_MS,
} from "@millrace/core";
import { checked, duration, type Setting } from "./setting.ts";

/** The type of each. */
export type ClassSettingValues = { readonly [P in Priority as `priorities.${P}.target`]: Duration } & {
  readonly [P in Priority as `retry.${P}`]: RetryOption;
};

/** All of them, in the order they are shown. */
export const CLASS_SETTINGS: {
  readonly [K in keyof ClassSettingValues]: Setting<ClassSettingValues[K]>;
} = Object.freeze({
  "priorities.critical.target": target("critical"),
  "priorities.high.target": target("high"),
  "priorities.default.target": target("default"),
  "priorities.low.target": target("low"),
  "priorities.bulk.target": target("bulk"),
  "retry.critical": retry("critical"),
  "retry.high": retry("high"),
  "retry.default": retry("default"),
  "retry.low": retry("low"),
  "retry.bulk": retry("bulk"),
});

function target(priority: Priority): Setting<Duration> {
  const meaning =
    priority === PRIORITIES[0]
      ? "What jobs of this class should wait at most; past it they get up to a tenth of the places before others."
      : "The same of this class.";
  return duration({ defaultValue: TARGET_WAITS_MS[priority], meaning }, 1);
}

function retry(priority: Priority): Setting<RetryOption> {
  const meaning =
    priority === PRIORITIES[0]
      ? "How jobs of this class are tried again where neither they nor their definition say. Members of a policy: `maxAttempts`, `backoff`, `initial`, `multiplier`, `max`, `jitter`, `retryOn`, `deadOn`; what is left out is as in `default`."
      : "The same of this class.";
  return checked<RetryOption>(
    {
      defaultValue: PRESET_BY_PRIORITY[priority],
      takes:
        '"default", "aggressive", "none", or a policy such as {"maxAttempts": 4, "backoff": "fixed", "initial": "60s"}',
      meaning,
    },
    (policy) => programOf({ retry: { [priority]: policy } }),
  );
}
