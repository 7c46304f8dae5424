/** The step factory: what every kind of document goes through, as steps that any pipeline can be given. */
import { ClassedError, type Pipeline } from "millrace";

/** What is asked for. */
export interface DocumentRequest {
  readonly document: string;
  readonly pages: number;
  readonly submittedBy: string;
}

/** What the steps of one kind of document do. */
export interface DocumentTools {
  /** Text of a page. @throws whatever goes wrong with it. */
  readPage(document: string, page: number, signal: AbortSignal): Promise<string>;
  /** Takes what a document has become. */
  publish(document: string, words: number): Promise<void>;
}

/** Pages that one run may leave out. */
const SKIPPED_PAGES = 3;

/** *initialize → validate → process → finalize*: gives a pipeline these four steps. */
export function documentSteps(tools: DocumentTools) {
  return <Input, Steps, Parsed extends DocumentRequest>(pipeline: Pipeline<Input, Steps, Parsed>) =>
    pipeline
      .step("initialize", ({ input, ctx }) => {
        ctx.run.set("startedBy", input.submittedBy);
        ctx.run.set("workspace", `documents/${input.document}`);
        ctx.log.info(`prepares ${input.document}`);
      })
      .step("validate", ({ input }) => {
        if (input.pages < 1)
          throw new ClassedError("validation", "no-pages", `${input.document} has no pages`);
        return { pages: input.pages };
      })
      .step("process", {
        read: ({ params, cursor }) => pagesAfter(params.pages, cursor),
        cursor: String,
        key: (page) => `page-${String(page).padStart(6, "0")}`,
        process: async (page, { params, signal }) => {
          const text = await tools.readPage(params.document, page, signal);
          return text === "" ? null : { page, words: text.split(/\s+/).length };
        },
        tally: ({ words }) => ({ words }),
        chunkSize: 10,
        concurrency: 2,
        skipLimit: SKIPPED_PAGES,
        retry: { maxAttempts: 4, initial: "10ms", multiplier: 2, max: "1s", jitter: "none" },
      })
      .step("finalize", async ({ input, steps, ctx }) => {
        const words = steps.process["words"] ?? 0;
        await tools.publish(input.document, words);
        return {
          words,
          workspace: ctx.run.get<string>("workspace"),
          startedBy: ctx.run.get<string>("startedBy"),
        };
      });
}

function* pagesAfter(pages: number, cursor: string | undefined): Generator<number> {
  for (let page = Number(cursor ?? 0) + 1; page <= pages; page += 1) yield page;
}
