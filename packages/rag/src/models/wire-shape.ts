/** The three ways in which embedding services are asked and answer, told apart by the path of their address. */

/** How one kind of service is spoken to. */
export interface WireShape {
  readonly url: URL;
  /** The body of a request. Cutting texts off is switched off wherever the service knows such a switch. */
  body(model: string, texts: readonly string[]): string;
  /** The entries of an answer, one for each text and in their order, undecoded; a word on what is wrong with it. */
  entries(answer: unknown, texts: number): EntriesFound;
}

/** `count`: not as many entries as texts. `order`: their indexes do not say which is whose. `answer`: no entries at all. */
type EntriesFound =
  | { readonly kind: "entries"; readonly entries: readonly unknown[] }
  | { readonly kind: "count"; readonly found: number }
  | { readonly kind: "order" }
  | { readonly kind: "answer" };

/** By the path: `…/api/embed` is Ollama's own, `…/embed` TEI's own, all else OpenAI's. */
export function wireShape(url: URL): WireShape {
  const path = url.pathname.replace(/\/+$/, "");
  if (path.endsWith("/api/embed")) return ollama(url);
  if (path.endsWith("/embed")) return tei(url);
  return openai(path.endsWith("/embeddings") ? url : withPath(url, `${path}/embeddings`));
}

function openai(url: URL): WireShape {
  return {
    url,
    body: (model, input) => JSON.stringify({ model, input, encoding_format: "base64" }),
    entries: (answer, texts) => {
      const data = fieldOf(answer, "data");
      if (!Array.isArray(data)) return { kind: "answer" };
      return data.length === texts ? byIndex(data) : { kind: "count", found: data.length };
    },
  };
}

function ollama(url: URL): WireShape {
  return {
    url,
    body: (model, input) => JSON.stringify({ model, input, truncate: false }),
    entries: (answer, texts) => inOrder(fieldOf(answer, "embeddings"), texts),
  };
}

function tei(url: URL): WireShape {
  return {
    url,
    body: (_model, inputs) => JSON.stringify({ inputs, truncate: false }),
    entries: inOrder,
  };
}

function inOrder(list: unknown, texts: number): EntriesFound {
  if (!Array.isArray(list)) return { kind: "answer" };
  return list.length === texts ? { kind: "entries", entries: list } : { kind: "count", found: list.length };
}

/** Services may answer in any order; each index must be there once. */
function byIndex(data: readonly unknown[]): EntriesFound {
  const entries = new Array<unknown>(data.length).fill(undefined);
  const seen = new Set<number>();
  for (const each of data) {
    const index = fieldOf(each, "index");
    if (typeof index !== "number" || !(index in entries) || seen.has(index)) return { kind: "order" };
    seen.add(index);
    entries[index] = fieldOf(each, "embedding");
  }
  return { kind: "entries", entries };
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key] // an object that has it
    : undefined;
}

function withPath(url: URL, path: string): URL {
  const made = new URL(url);
  made.pathname = path;
  return made;
}
