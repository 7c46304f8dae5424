/** Progress as it is kept: one JSON text. */
import type { ProgressParts } from "../job/report.ts";
import { MillraceError } from "../model/errors.ts";
import { encodeJson } from "../model/json.ts";

const MAX_BYTES = 16_384;

/**
 * The text of a handler's progress.
 * @throws MillraceError `bad-usage` for a number that means nothing, `not-serialisable` or `too-large` for details.
 */
export function progressText(progress: number | ProgressParts): string {
  const given: ProgressParts = typeof progress === "number" ? { percent: progress } : progress;
  const { details = null } = given;
  const done = checked("done", given.done, Number.MAX_VALUE);
  const total = checked("total", given.total, Number.MAX_VALUE);
  const percent = checked("percent", given.percent, 100) ?? percentOf(done, total);
  const text = encodeJson({ percent, done, total, details }, "ctx.progress");
  if (Buffer.byteLength(text) <= MAX_BYTES) return text;
  throw new MillraceError(
    "too-large",
    `ctx.progress is given more than ${MAX_BYTES} bytes; keep details short`,
  );
}

/** One decimal; never past 100, for totals are often guesses. */
function percentOf(done: number | null, total: number | null): number | null {
  if (done === null || total === null || total === 0) return null;
  return Math.min(Math.round((done / total) * 1_000) / 10, 100);
}

function checked(name: string, value: number | undefined, most: number): number | null {
  if (value === undefined) return null;
  if (value >= 0 && value <= most) return value;
  throw new MillraceError("bad-usage", `ctx.progress is given ${name} ${value}; it takes numbers from 0 on`);
}
