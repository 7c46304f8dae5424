/** The cron language: which wall-clock times an expression names. Zones and clock changes are not its affair. */
import { Cron as Pattern } from "croner";
import { MillraceError } from "./errors.ts";
import { badOption } from "./options.ts";

/** An expression, read. Wall times are written as ms since the epoch, as if they were UTC. */
export interface Cron {
  /** Whether it names every hour, so that it is meant to go on through hours that come twice. */
  readonly isHourly: boolean;
  /** The first time it names at or after this one; `undefined` where there is none before the year 3000. */
  next(wallMs: number): number | undefined;
}

const FIELDS = ["minute", "hour", "day of the month", "month", "day of the week"];
const SHORTHANDS = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
/** From here on every date that there is comes. */
const YEAR_2000_MS = Date.UTC(2000, 0, 1);

/**
 * Reads an expression of five fields, or of six with seconds first, or a shorthand such as `@daily`. A day is named where
 * the day of the month or the day of the week fits, if both are given, as cron has it.
 * @throws MillraceError `bad-config` naming the option and what is wrong, also for dates that never come.
 */
export function cronOf(option: string, expression: unknown): Cron {
  if (typeof expression !== "string") throw badOption(option, expression, "a cron expression");
  const fields = expression.trim().split(/\s+/);
  refuseOtherShapes(option, expression, fields);
  const pattern = patternOf(option, expression);
  const next = (wallMs: number): number | undefined => pattern.nextRun(new Date(wallMs - 1))?.getTime();
  if (next(YEAR_2000_MS) === undefined) {
    throw new MillraceError("bad-config", `${option} is "${expression}": no such date ever comes`, {
      details: { option, value: expression },
    });
  }
  return { isHourly: fields.at(-4) === "*" || fields[0] === "@hourly", next };
}

function refuseOtherShapes(option: string, expression: string, fields: readonly string[]): void {
  const [first = ""] = fields;
  const isShorthand = fields.length === 1 && SHORTHANDS.includes(first.toLowerCase());
  const hasFields = fields.length === FIELDS.length || fields.length === FIELDS.length + 1;
  if (isShorthand || (hasFields && !/[?@]/.test(expression))) return;
  throw badOption(
    option,
    expression,
    `${FIELDS.join(", ")}; seconds before them if need be; or one of ${SHORTHANDS.join(", ")}`,
  );
}

function patternOf(option: string, expression: string): Pattern {
  try {
    return new Pattern(expression, { utcOffset: 0, mode: "5-or-6-parts" });
  } catch (error) {
    throw notCron(option, expression, error);
  }
}

function notCron(option: string, expression: string, cause: unknown): MillraceError {
  const why = cause instanceof Error ? cause.message.replace(/^Cron\w+: /, "") : String(cause);
  const details = { option, value: expression };
  return new MillraceError("bad-config", `${option} is "${expression}": ${why}`, { cause, details });
}
