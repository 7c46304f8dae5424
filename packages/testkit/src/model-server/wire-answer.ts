/** The three shapes in which embedding services take texts and answer vectors. */
import type { ModelFault } from "./model-fault.ts";

/** How the request asked, by its path. */
export type WireShape = "openai" | "tei" | "ollama";

/** What a request asks for. */
export interface Question {
  readonly shape: WireShape;
  readonly model: string | undefined;
  readonly texts: readonly string[];
  readonly wantsBase64: boolean;
}

const SHAPE_OF_PATH: Readonly<Record<string, WireShape>> = {
  "/v1/embeddings": "openai",
  "/embed": "tei",
  "/api/embed": "ollama",
};

/** The shape of a path, if it is one of them. */
export function shapeOfPath(path: string): WireShape | undefined {
  return SHAPE_OF_PATH[path];
}

/** Reads a request's body; `undefined` for what is no such request. */
export function questionOf(shape: WireShape, body: string): Question | undefined {
  const fields = parsed(body);
  if (typeof fields !== "object" || fields === null) return undefined;
  const { input, inputs, model, encoding_format: encoding } = fields as Readonly<Record<string, unknown>>; // an object
  const given = shape === "tei" ? inputs : input;
  const texts = typeof given === "string" ? [given] : given;
  if (!Array.isArray(texts) || !texts.every((text) => typeof text === "string")) return undefined;
  return {
    shape,
    texts,
    model: typeof model === "string" ? model : undefined,
    wantsBase64: encoding === "base64",
  };
}

/** The body of an answer with these vectors. */
export function answerText(
  question: Question,
  vectors: readonly Float32Array[],
  how: { readonly base64: boolean; readonly fault: ModelFault | undefined },
): string {
  if (question.shape === "tei") return JSON.stringify(vectors.map((vector) => numbersOf(vector)));
  if (question.shape === "ollama") {
    return JSON.stringify({
      model: question.model,
      embeddings: vectors.map((vector) => numbersOf(vector)),
      prompt_eval_count: tokensOf(question),
    });
  }
  const entries = vectors.map((vector, index) => ({
    object: "embedding",
    index,
    embedding: how.base64 ? base64Of(vector) : numbersOf(vector),
  }));
  return JSON.stringify({
    object: "list",
    data: misplaced(entries, how.fault),
    model: question.model,
    usage: { prompt_tokens: tokensOf(question), total_tokens: tokensOf(question) },
  });
}

/** A rough count of a request's tokens, as the server bills them: four characters each. */
export function tokensOf(question: Question): number {
  return question.texts.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0);
}

interface Entry {
  readonly index: number;
}

function misplaced(entries: readonly Entry[], fault: ModelFault | undefined): readonly object[] {
  if (fault?.kind === "shuffled") return entries.toReversed();
  if (fault?.kind === "missing-index") {
    return entries.map((entry, at) => (at === 0 ? { ...entry, index: undefined } : entry));
  }
  if (fault?.kind === "duplicate-index") {
    return entries.map((entry, at) => (at === entries.length - 1 ? { ...entry, index: 0 } : entry));
  }
  return entries;
}

/** A component that is not finite becomes `null`, as JSON has it. */
function numbersOf(vector: Float32Array): readonly number[] {
  return Array.from(vector);
}

function base64Of(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString("base64");
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
