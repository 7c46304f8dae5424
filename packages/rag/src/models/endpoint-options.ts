/** What is configured of a model endpoint, checked, with its defaults. */
import { type Duration, durationMs, MillraceError } from "@millrace/core";
import { parseRates, type RequestRate } from "./request-rate.ts";

/** An embedding model behind HTTP, as `models.<name>` configures it. */
export interface EndpointOptions {
  /**
   * Where it answers. A path that ends in `/embed` speaks TEI's shape, one in `/api/embed` Ollama's; anything else is
   * the base of an OpenAI-compatible service, to which `/embeddings` is added where it is missing.
   */
  readonly url: string;
  /** Sent as a bearer token; or what gives it, asked once. Files name a variable (`apiKeyEnv`) and hold no key. */
  readonly apiKey?: string | (() => string) | undefined;
  /** Components of its vectors, 1 to 65,536. */
  readonly dimensions: number;
  /** Most texts of one request. */
  readonly maxInputs?: number | undefined;
  /** Longest text, in tokens (counted as cl100k_base). A longer one fails as `too-large`; nothing is cut off. */
  readonly maxTokensPerInput?: number | undefined;
  /** Most tokens of one request. */
  readonly maxTokensPerRequest?: number | undefined;
  /** Most requests of this process at once, and most connections. */
  readonly concurrency?: number | undefined;
  /** Requests of this process in sliding windows: `["10/s", "500/min"]`. */
  readonly rates?: readonly string[] | undefined;
  /** Collection for its vectors where a bulk run asks for one without naming it; `<model>_embeddings` where left out. */
  readonly collection?: string | undefined;
  /** Longest wait for a request's whole answer. */
  readonly timeout?: Duration | undefined;
}

/** The same, checked and complete. */
export interface EndpointSettings {
  readonly url: URL;
  readonly apiKey: string | undefined;
  readonly dimensions: number;
  readonly maxInputs: number;
  readonly maxTokensPerInput: number;
  readonly maxTokensPerRequest: number;
  readonly concurrency: number;
  readonly rates: readonly RequestRate[];
  readonly collection: string;
  readonly timeoutMs: number;
}

/** What holds where nothing is configured. */
export const ENDPOINT_DEFAULTS: {
  readonly maxInputs: number;
  readonly maxTokensPerInput: number;
  readonly maxTokensPerRequest: number;
  readonly concurrency: number;
  readonly timeout: Duration;
} = Object.freeze({
  maxInputs: 64,
  maxTokensPerInput: 8_191,
  maxTokensPerRequest: 300_000,
  concurrency: 8,
  timeout: "60s",
});

const MAX_DIMENSIONS = 65_536;
/** 100 days: what timers can wait and nobody does. */
const MAX_TIMEOUT_MS = 2_147_483_647;
/** Every option there is: the compiler asks for each. */
const KNOWN: Readonly<Record<keyof EndpointOptions, true>> = {
  url: true,
  apiKey: true,
  dimensions: true,
  maxInputs: true,
  maxTokensPerInput: true,
  maxTokensPerRequest: true,
  concurrency: true,
  rates: true,
  collection: true,
  timeout: true,
};

/**
 * Checks the options of the model `name`.
 * @throws MillraceError `bad-config` naming option and value; never the value of `apiKey`.
 */
export function endpointSettings(name: string, options: EndpointOptions): EndpointSettings {
  const of = (key: string) => `models.${name}.${key}`;
  for (const key of Object.keys(options)) {
    if (Object.hasOwn(KNOWN, key)) continue;
    throw new MillraceError(
      "bad-config",
      `${of(key)} is no option of a model; it knows ${Object.keys(KNOWN).join(", ")}`,
      { details: { option: of(key) } },
    );
  }
  const limit = (key: "maxInputs" | "maxTokensPerInput" | "maxTokensPerRequest" | "concurrency") =>
    wholeNumber(of(key), options[key] ?? ENDPOINT_DEFAULTS[key], Number.MAX_SAFE_INTEGER);
  const timeoutMs = durationMs(options.timeout ?? ENDPOINT_DEFAULTS.timeout, of("timeout"));
  if (timeoutMs < 1 || timeoutMs > MAX_TIMEOUT_MS)
    throw bad(of("timeout"), options.timeout, "1 ms to 24 days");
  return {
    url: urlOf(of("url"), options.url),
    apiKey: keyOf(of("apiKey"), options.apiKey),
    dimensions: wholeNumber(of("dimensions"), options.dimensions, MAX_DIMENSIONS),
    maxInputs: limit("maxInputs"),
    maxTokensPerInput: limit("maxTokensPerInput"),
    maxTokensPerRequest: limit("maxTokensPerRequest"),
    concurrency: limit("concurrency"),
    rates: parseRates(of("rates"), options.rates ?? []),
    collection: options.collection ?? `${name}_embeddings`,
    timeoutMs,
  };
}

function urlOf(option: string, value: unknown): URL {
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
  const isHttp = url?.protocol === "http:" || url?.protocol === "https:";
  if (url === undefined || !isHttp) {
    throw bad(
      option,
      value,
      "an address such as https://api.openai.com/v1 or http://127.0.0.1:11434/api/embed",
    );
  }
  if (url.username === "" && url.password === "") return url;
  throw new MillraceError(
    "bad-config",
    `${option} has a user or password in it; give the key as apiKey instead`,
    {
      details: { option },
    },
  );
}

/** A key that cannot stand in a header would be refused with a message that quotes it. */
function keyOf(option: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "function") return keyOf(option, value());
  if (typeof value === "string" && /^[\x21-\x7e]+$/.test(value)) return value;
  throw new MillraceError(
    "bad-config",
    `${option} is empty, or has white space or characters beyond ASCII in it`,
    {
      details: { option },
    },
  );
}

function wholeNumber(option: string, value: unknown, most: number): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1 && value <= most) return value;
  throw bad(option, value, most === Number.MAX_SAFE_INTEGER ? "a whole number, 1 or more" : `1 to ${most}`);
}

function bad(option: string, value: unknown, takes: string): MillraceError {
  return new MillraceError(
    "bad-config",
    `${option} is ${JSON.stringify(value) ?? String(value)}; it takes ${takes}`,
    {
      details: { option, value },
    },
  );
}
