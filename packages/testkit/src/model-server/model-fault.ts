/** What the fake model server can do wrong. */

/** One misbehaviour, of one request. */
export type ModelFault =
  /** Refuses with this status, these headers and this text as the error's message. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>> | undefined;
      readonly message?: string | undefined;
    }
  /** Answers well, so many ms late. */
  | { readonly kind: "slow"; readonly ms: number }
  /** Takes the request and never answers. */
  | { readonly kind: "silent" }
  /** So many vectors more, or fewer, than texts. */
  | { readonly kind: "count"; readonly by: number }
  /** So many components more, or fewer, in each vector. */
  | { readonly kind: "dimension"; readonly by: number }
  /** The first vector has a component that is no number. */
  | { readonly kind: "not-a-number" }
  /** Entries in another order; their `index` is right. Only the OpenAI shape has one. */
  | { readonly kind: "shuffled" }
  /** The first entry has no `index`. */
  | { readonly kind: "missing-index" }
  /** The last entry has the `index` of the first. */
  | { readonly kind: "duplicate-index" }
  /** Status 200, and text that is no JSON. */
  | { readonly kind: "unparseable" }
  /** Status 200, JSON that ends in its middle; the length announced is that of the half. */
  | { readonly kind: "truncated" }
  /** Drops the connection: before the head of the answer, or in the middle of its body. */
  | { readonly kind: "drop"; readonly when: "before" | "within" };

/** Headers a rate-limited service sends with a 429, in each of their spellings. */
export function tooManyRequests(headers: Readonly<Record<string, string>>): ModelFault {
  return { kind: "status", status: 429, headers, message: "rate limit reached" };
}
