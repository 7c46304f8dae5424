import { breaker, defineJob, RetryAfterError } from "millrace";

/** What the endpoint answered. */
interface Answer {
  readonly status: number;
  readonly retryAfterSeconds?: number;
  readonly vector?: readonly number[];
}

export interface EmbedInput {
  readonly model: string;
  readonly text: string;
}

/** One for each model, shared by all jobs that call it. */
const breakers = new Map<string, ReturnType<typeof breaker>>();
function breakerOf(model: string) {
  const known = breakers.get(model) ?? breaker(`model:${model}`, { failures: 5, openFor: "30s" });
  breakers.set(model, known);
  return known;
}

/** The job of embedding a text by what `call` reaches. */
export function embedJob(call: (input: EmbedInput) => Promise<Answer>) {
  return defineJob({
    name: "embed",
    queue: "embeddings",
    limits: (input: EmbedInput) => [`model:${input.model}`], // started only while this limit is not held
    run: (input: EmbedInput, ctx) =>
      breakerOf(input.model).run(ctx, async () => {
        const { status, retryAfterSeconds = 1, vector } = await call(input);
        if (status === 429) throw new RetryAfterError(retryAfterSeconds * 1_000, "429 from the endpoint");
        if (vector === undefined) throw new Error(`the endpoint answered ${status}`); // five in a row open the circuit
        return vector;
      }),
  });
}
