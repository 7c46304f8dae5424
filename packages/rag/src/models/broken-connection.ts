/** What a connection that broke says of its endpoint: that nothing is there to answer, or that something went wrong. */

/** What the system or TLS says where there is no endpoint at the address, in words. */
const NO_ENDPOINT: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "there is no such host",
  ...noTls("EPROTO"),
  ...noTls("ERR_SSL_WRONG_VERSION_NUMBER"),
  ...noTls("ERR_SSL_PACKET_LENGTH_TOO_LONG"),
  ...untrusted("DEPTH_ZERO_SELF_SIGNED_CERT"),
  ...untrusted("SELF_SIGNED_CERT_IN_CHAIN"),
  ...untrusted("UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
  ...untrusted("CERT_HAS_EXPIRED"),
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is another host's",
};

/** How a connection broke. */
export interface BrokenConnection {
  /** `no-endpoint`: trying again helps only once somebody has started it, or set another address. */
  readonly reason: "no-endpoint" | "model-connection";
  /** `ECONNREFUSED: nothing listens there`. */
  readonly how: string;
}

/** Reads the error of a request without an answer. */
export function brokenConnection(cause: unknown): BrokenConnection {
  const code = codeOf(cause);
  if (code === undefined) return { reason: "model-connection", how: "it broke" };
  const words = NO_ENDPOINT[code];
  if (words === undefined) return { reason: "model-connection", how: code };
  return { reason: "no-endpoint", how: `${code}: ${words}` };
}

function codeOf(cause: unknown): string | undefined {
  const isError = cause instanceof Error;
  return isError && "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
}

function noTls(code: string): Record<string, string> {
  return { [code]: "no TLS is spoken there; should its url begin with http://?" };
}

function untrusted(code: string): Record<string, string> {
  return { [code]: "its certificate is not trusted here" };
}
