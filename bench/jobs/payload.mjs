// Owns what the benchmark's jobs carry.

/** So many payloads of about so many bytes of JSON. */
export function makePayloads(count, bytes) {
  const filler = "x".repeat(Math.max(0, bytes - 24));
  return Array.from({ length: count }, (_, n) => (bytes > 0 ? { n, filler } : { n }));
}
