// Owns the bars of the ingest benchmark and whether a run's figures hold them.

export const FLOOR_PAGES_PER_SECOND = 300;
const FLOOR_RATIO = 2.5;
const CEILING_PSS_BYTES = 1.6e9;

/** Every bar as `{what, bar, measured, holds}`; `peer` is the system our documents/min are held against. */
export function judge({ ours, peer }) {
  const ratio = ratioTo({ ours, peer });
  const rate = ours.pagesPerSecond.median;
  const bytes = ours.pssBytes;
  return [
    {
      what: "pages/s, median",
      bar: `≥ ${FLOOR_PAGES_PER_SECOND}`,
      measured: rate.toFixed(0),
      holds: rate >= FLOOR_PAGES_PER_SECOND,
    },
    {
      what: `documents/min against ${peer.name}, medians`,
      bar: `≥ ${FLOOR_RATIO} ×`,
      measured: `${ratio.toFixed(2)} ×`,
      holds: ratio >= FLOOR_RATIO,
    },
    {
      what: "sum of PSS over the process tree",
      bar: `≤ ${CEILING_PSS_BYTES / 1e9} GB`,
      measured: `${(bytes / 1e9).toFixed(2)} GB`,
      holds: bytes <= CEILING_PSS_BYTES,
    },
  ];
}

/** How many times the peer's documents/min ours are, by the medians. */
export function ratioTo({ ours, peer }) {
  return ours.docsPerMinute.median / peer.docsPerMinute.median;
}
