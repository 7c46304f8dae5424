import { expect, test } from "vitest";
import { Places } from "./places.ts";

function gate(): { promise: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

test("so many run at a time, in the order they came; who gives up waiting is passed over", async () => {
  const places = new Places(2);
  const gates = [gate(), gate(), gate(), gate()];
  const patient = new AbortController().signal;
  const hasty = new AbortController();
  const trace: string[] = [];
  const run = (name: number, signal: AbortSignal) =>
    places.run(signal, async () => {
      trace.push(`start ${name}`);
      await gates[name]?.promise;
      trace.push(`end ${name}`);
      if (name === 0) throw new Error("failed");
    });
  const first = expect(run(0, patient)).rejects.toThrow("failed");
  const others = [run(1, patient)];
  const left = expect(run(2, hasty.signal)).rejects.toBe("had enough");
  others.push(run(3, patient));
  expect(trace).toEqual(["start 0", "start 1"]);
  hasty.abort("had enough");
  await left;
  gates[0]?.open();
  await first;
  gates[3]?.open();
  gates[1]?.open();
  await Promise.all(others);
  expect(trace.slice(0, 4)).toEqual(["start 0", "start 1", "end 0", "start 3"]);
  await expect(places.run(hasty.signal, async () => "never")).rejects.toBe("had enough");
  expect(await places.run(patient, async () => "free again")).toBe("free again");
});
