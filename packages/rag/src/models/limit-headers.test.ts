import { describe, expect, test } from "vitest";
import { askedWaitMs, exhaustedMs } from "./limit-headers.ts";

const NOW = 1_700_000_000_000;

describe("limit headers", () => {
  test.each([
    [{ "retry-after": "2" }, 2_000],
    [{ "retry-after": "0.5" }, 500],
    [{ "retry-after-ms": "250", "retry-after": "9" }, 250],
    [{ "retry-after": new Date(NOW + 3_000).toUTCString() }, 3_000],
    [{ "retry-after": "Tue, 14 Nov 2023 22:13:25 GMT", date: "Tue, 14 Nov 2023 22:13:20 GMT" }, 5_000],
    [{ "retry-after": "soon" }, undefined],
    [{}, undefined],
  ])("%j ask for %s ms", (headers, ms) => {
    expect(askedWaitMs(headers, NOW)).toBe(ms);
  });

  test.each([
    [{ "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s" }, 360_000],
    [{ "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1.5s" }, 1_500],
    [{ "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "20ms" }, 20],
    [{ "x-ratelimit-remaining-tokens": "-3", "x-ratelimit-reset-tokens": "1h2m3s4ms" }, 3_723_004],
    [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": "7" }, 7_000],
    [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW / 1_000 + 9) }, 9_000],
    [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW + 40) }, 40],
    [
      {
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "1s",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "3s",
      },
      3_000,
    ],
    [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": "99999999" }, 86_400_000],
    [{ "x-ratelimit-remaining-requests": "1", "x-ratelimit-reset-requests": "1s" }, undefined],
    [{ "x-ratelimit-remaining-requests": "0" }, undefined],
    [{ "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "later" }, undefined],
    [{ "x-ratelimit-remaining-requests": "none", "x-ratelimit-reset-requests": "1s" }, undefined],
    [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW / 1_000 - 9) }, undefined],
  ])("%j are used up for %s ms", (headers, ms) => {
    expect(exhaustedMs(headers, NOW)).toBe(ms);
  });
});
