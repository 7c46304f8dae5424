import { ClassedError, defineJob, UnrecoverableError } from "millrace";

/** What the courier's service says of a parcel. */
type Answer = "delivered" | "on its way" | "unknown" | "busy" | "damaged";

export const trackParcel = defineJob({
  name: "parcel.track",
  retry: { maxAttempts: 3, initial: "1s", jitter: "none" },
  timeout: "30s",
  run: (input: { parcel: string; answers: Answer[] }, ctx) => {
    const asked = Number(ctx.checkpoint ?? 0);
    ctx.progress({ done: asked, total: input.answers.length });
    switch (input.answers[asked]) {
      case "delivered":
        return { parcel: input.parcel, asked: asked + 1 }; // completed: this is the result
      case "on its way":
        return ctx.snooze("10m", { checkpoint: String(asked + 1) }); // not yet: no attempt is burnt
      case "unknown":
        throw new ClassedError("not-found", "no-such-parcel", `nobody knows ${input.parcel}`); // dead at once
      case "damaged":
        throw new UnrecoverableError("there is nothing left to deliver"); // dead at once
      default:
        throw new Error("the courier does not answer"); // tried again after 1 s, 2 s; then dead
    }
  },
});
