/** That a process waits for its database's thread to end. */
import { Worker } from "node:worker_threads";
import { expect, test, vi } from "vitest";
import { CodeLoan } from "./engine-code.ts";
import { storeClosed } from "./engine-errors.ts";
import { EngineThread } from "./engine-thread.ts";

test("an answer that comes while the thread is being ended does not let the process go", async () => {
  const { terminate } = Worker.prototype;
  const unref = vi.spyOn(Worker.prototype, "unref");
  const ending = vi.spyOn(Worker.prototype, "terminate").mockImplementation(function (this: Worker) {
    const ended = terminate.call(this);
    unref.mockClear();
    this.emit("message", { kind: "broken", id: 99, reason: "closed" });
    return ended;
  });
  try {
    const times = { callTimeoutMs: 100_000, openTimeoutMs: 100_000 };
    const thread = new EngineThread({
      durability: "process",
      where: "memory",
      loan: new CodeLoan(),
      ...times,
    });
    await thread.opened;
    await thread.close(storeClosed("memory"));
    expect(ending).toHaveBeenCalledOnce();
    expect(unref).not.toHaveBeenCalled();
  } finally {
    unref.mockRestore();
    ending.mockRestore();
  }
});
