import { defineJob, type Millrace } from "millrace";

/** What sends mail; a test puts its own in the place. */
export interface Mailer {
  send(to: string, subject: string): Promise<void>;
}

/** The jobs of this program. */
export function signUpJobs(mailer: Mailer) {
  const welcome = defineJob({
    name: "mail.welcome",
    queue: "mail",
    retry: { maxAttempts: 4, initial: "10s", multiplier: 3 },
    run: (input: { to: string }) => mailer.send(input.to, "Welcome"),
  });
  const reminder = defineJob({
    name: "mail.reminder",
    queue: "mail",
    run: (input: { to: string }) => mailer.send(input.to, "Still there?"),
  });
  return { welcome, reminder };
}

/** The code under test: it enqueues, and does not know who runs the jobs. */
export async function signUp(mr: Millrace, jobs: ReturnType<typeof signUpJobs>, to: string) {
  await mr.enqueue(jobs.welcome, { to });
  await mr.enqueue(jobs.reminder, { to }, { delay: "2d" });
}
