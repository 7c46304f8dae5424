/** The pipeline of documents, and a builder of its parameters. */
import { definePipeline, type RunListeners } from "millrace";
import { z } from "zod";
import { type DocumentTools, documentSteps } from "./steps.ts";

const request = z.object({
  document: z.string().min(1),
  pages: z.number().int(),
  submittedBy: z.string().default("anonymous"),
});

/** One run for each document: starting it again finds the one at work, or that has completed; one that failed is restarted. */
export function documentPipeline(tools: DocumentTools, on: RunListeners = {}) {
  return definePipeline({
    name: "document.process",
    queue: "documents",
    input: request,
    identity: ["document"],
    on,
  }).with(documentSteps(tools));
}

/** Builds parameters step by step, as the callers of the former system do. */
export class DocumentParameters {
  readonly #given: z.input<typeof request>;

  constructor(document: string) {
    this.#given = { document, pages: 0 };
  }

  pages(count: number): this {
    this.#given.pages = count;
    return this;
  }

  submittedBy(name: string): this {
    this.#given.submittedBy = name;
    return this;
  }

  build(): z.input<typeof request> {
    return { ...this.#given };
  }
}
