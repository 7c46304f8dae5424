import { expect, test } from "vitest";
import { ClassedError } from "../../model/errors.ts";
import { definePipeline } from "../pipeline/define-pipeline.ts";
import { play } from "../pipeline.fixture.ts";

function refusal(message = "no such shelf") {
  return new ClassedError("not-found", "missing", message);
}

test("listeners are told of the run, each step, each chunk, skips and retries; a listener that throws changes nothing", async () => {
  const told: string[] = [];
  let isFirst = true;
  const pipeline = definePipeline({
    name: "p",
    on: {
      beforeRun: ({ definition }) => void told.push(`before ${definition}`),
      afterRun: ({ state, error }) => void told.push(`after run ${state} ${error ?? ""}`),
      beforeStep: ({ step }) => void told.push(`before ${step}`),
      afterStep: ({ step, state, error }) => void told.push(`after ${step} ${state} ${error ?? ""}`),
      beforeChunk: ({ items, attempt }) => {
        told.push(`before chunk of ${items}, ${attempt}`);
        throw new Error("nobody listens");
      },
      afterChunk: ({ outcomes, error }) =>
        void told.push(`after chunk ${JSON.stringify(outcomes)} ${error ?? ""}`),
      skip: ({ key, item, error }) => void told.push(`skip ${key} ${item} ${error}`),
      retry: ({ error }) => void told.push(`retry ${error}`),
    },
  })
    .step("load", {
      read: () => [1, 2, 3],
      key: (item) => `k${item}`,
      process: (item) => {
        if (item === 2) throw refusal();
        if (item === 3 && isFirst) {
          isFirst = false;
          throw new Error("once");
        }
        return item;
      },
      skipLimit: 1,
    })
    .step("end", () => {
      throw refusal("over");
    });
  const { ended: end, of } = await play(pipeline, {});
  expect((await end()).state).toBe("failed");
  expect(told).toEqual([
    "before p",
    "before load",
    "before chunk of 3, 1",
    "skip k2 2 ClassedError: no such shelf",
    'after chunk {"done":1,"skipped":1} Error: once',
    "retry Error: once",
    "before chunk of 3, 2",
    'after chunk {"done":1} ',
    "after load completed ",
    "before end",
    "after end failed over",
    "after run failed over",
  ]);
  expect(of.errors.map(([where, error]) => `${where}: ${error}`)).toEqual([
    "listener p beforeChunk: Error: nobody listens",
    "listener p beforeChunk: Error: nobody listens",
  ]);
});
