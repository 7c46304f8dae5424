/** The settings of model endpoints, whose names are the user's: `models.<model>.<field>`. */
import type { Duration } from "@millrace/core";
import { duration, optionalNumber, optionalText, type Setting, text } from "./setting.ts";

/** An embedding model behind HTTP, as configured: an `EndpointOptions` of `@millrace/rag`, its key by a variable's name. */
export interface ModelOptions {
  readonly url?: string | undefined;
  /** The environment variable that holds the key; files hold none. */
  readonly apiKeyEnv?: string | undefined;
  readonly dimensions?: number | undefined;
  readonly maxInputs?: number | undefined;
  readonly maxTokensPerInput?: number | undefined;
  readonly maxTokensPerRequest?: number | undefined;
  readonly concurrency?: number | undefined;
  readonly rates?: readonly string[] | undefined;
  readonly collection?: string | undefined;
  readonly timeout?: Duration | undefined;
}
/** By the model's name. */
export type ModelsOptions = Readonly<Record<string, ModelOptions>>;
/** What is set of a model. */
export type ModelField = keyof ModelOptions;
/** The key of one such setting. The last word is the field; a name may hold dots. */
export type ModelKey = `models.${string}.${ModelField}`;

/** By field, in the order they are shown. */
export const MODEL_SETTINGS: { readonly [F in ModelField]-?: Setting<ModelOptions[F]> } = Object.freeze({
  url: {
    ...text(
      {
        defaultValue: "",
        takes: "an address such as https://api.openai.com/v1 or http://127.0.0.1:11434/api/embed",
        meaning:
          "Where the model answers: the base of an OpenAI-compatible service, or the address of TEI's `/embed` or Ollama's `/api/embed`.",
        secret: true,
      },
      /^https?:\/\/[^\s@]+$/,
    ),
    defaultValue: undefined,
  },
  apiKeyEnv: optionalText(
    {
      takes: "the name of an environment variable",
      meaning: "The variable that holds the key, sent as a bearer token. The key itself stands in no file.",
    },
    /^[A-Za-z_][A-Za-z0-9_]*$/,
  ),
  dimensions: number("Components of its vectors; an answer with others is refused."),
  maxInputs: number("Most texts of one request; 64 where left out."),
  maxTokensPerInput: number(
    "Longest text, in tokens; a longer one fails as `too-large`, nothing is cut off. 8191 where left out.",
  ),
  maxTokensPerRequest: number("Most tokens of one request; 300000 where left out."),
  concurrency: number("Most requests, and connections, of each process at once; 8 where left out."),
  rates: {
    accepts: (value): value is readonly string[] =>
      Array.isArray(value) && value.every((rate) => isRate(rate)),
    fromText: (value) => value,
    defaultValue: undefined,
    takes: 'a list of rates such as ["10/s", "500/min", "1000/h"]',
    meaning: "Most requests of each process in sliding windows.",
  },
  collection: optionalText(
    {
      takes: "a collection's name",
      meaning:
        "Where a bulk run puts vectors when it asks for a collection without naming one; `<model>_embeddings` where left out.",
    },
    /./,
  ),
  timeout: {
    ...duration(
      { defaultValue: "60s", meaning: "Longest wait for a request's whole answer; 60 s where left out." },
      1,
    ),
    defaultValue: undefined,
  },
} satisfies { readonly [F in ModelField]-?: Setting<ModelOptions[F]> });
/** The fields of a model. */
export const MODEL_FIELDS: readonly ModelField[] = Object.keys(MODEL_SETTINGS) as ModelField[]; // typed just above

function number(meaning: string): Setting<number | undefined> {
  return optionalNumber({ defaultValue: undefined, meaning }, 1);
}

function isRate(rate: unknown): boolean {
  return typeof rate === "string" && /^[1-9]\d{0,6}\/(s|m|min|h)$/.test(rate);
}

/** The key of a model's setting. */
export function modelKey(model: string, name: ModelField): ModelKey {
  return `models.${model}.${name}`;
}

/** Model and field of a key, of any other text nothing. */
export function modelAndField(
  key: string,
): { readonly model: string; readonly field: ModelField } | undefined {
  const end = key.lastIndexOf(".");
  const name = MODEL_FIELDS.find((each) => each === key.slice(end + 1));
  if (!key.startsWith("models.") || name === undefined) return undefined;
  const model = key.slice("models.".length, end);
  return model === "" ? undefined : { model, field: name };
}
