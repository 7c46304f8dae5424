/** The opaque text a store keeps of a job: one character naming the codec, then what the codec wrote. */
import { MillraceError } from "./errors.ts";
import type { Json } from "./json.ts";
import type { RetryPolicy } from "./retry.ts";

/** Codec `0`: plain JSON. Others (compressed, encrypted) get the next characters. */
const PLAIN = "0";

/** The fire of a schedule that a job was made for. */
export interface ScheduledFor {
  /** The schedule's id. */
  readonly id: string;
  /** The time it named, in ms since the epoch; of a fire by hand the moment it was made. */
  readonly fireMs: number;
}

/** What an envelope holds. */
export interface Envelope {
  readonly payload: Json;
  /** Of this very job, where it differs from its definition's. */
  readonly retry?: RetryPolicy | undefined;
  /** The same for one number of its definition's policy, whose functions no envelope can carry. */
  readonly maxAttempts?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly correlationId?: string | undefined;
  readonly submittedBy?: string | undefined;
  readonly schedule?: ScheduledFor | undefined;
  /** Keys of the limits it runs under: it starts while none of them is held. */
  readonly limits?: readonly string[] | undefined;
}

/** Packs an envelope; the payload must already be checked by `encodeJson`. */
export function sealEnvelope({ payload, ...rest }: Envelope): string {
  return sealPayload(JSON.stringify(payload), encodeRest(rest));
}

/** Packs a payload's JSON with what {@link encodeRest} made once for any number of payloads. */
export function sealPayload(payload: string, rest: string): string {
  return `${PLAIN}{"payload":${payload}${rest}`;
}

/** What of an envelope follows its payload, as text. */
export function encodeRest(rest: Omit<Envelope, "payload">): string {
  const text = JSON.stringify(rest);
  return text === "{}" ? "}" : `,${text.slice(1)}`;
}

/** Unpacks an envelope. @throws MillraceError `unsupported` for a codec this version does not know. */
export function openEnvelope(text: string): Envelope {
  if (text[0] !== PLAIN) {
    throw new MillraceError(
      "unsupported",
      `job envelope has codec "${text[0] ?? ""}"; this version reads "${PLAIN}"`,
    );
  }
  return JSON.parse(text.slice(1)) as Envelope; // written by sealPayload, of this codec
}
