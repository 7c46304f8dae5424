import { testMillrace } from "millrace/testing";
import { expect, test } from "vitest";
import { signUp, signUpJobs } from "./sign-up.ts";

/** A mailer that keeps what it sends and can be away. */
function scene() {
  const sent: string[] = [];
  const mail = { away: 0 };
  const jobs = signUpJobs({
    send: async (to, subject) => {
      if (mail.away-- > 0) throw new Error("the mail server is away");
      sent.push(`${to}: ${subject}`);
    },
  });
  return { sent, mail, jobs, t: testMillrace({ jobs: [jobs.welcome, jobs.reminder] }) };
}

test("signing up enqueues a welcome now and a reminder in two days", async () => {
  const { jobs, t } = scene();
  await signUp(t, jobs, "ada@example.com");
  expect(await t.enqueued(jobs.welcome)).toMatchObject([
    { input: { to: "ada@example.com" }, state: "ready" },
  ]);
  expect(await t.enqueued(jobs.reminder)).toMatchObject([{ runAt: "2026-01-03T00:00:00.000Z" }]);
  await t.close();
});

test("the reminder goes out after two days, not before", async () => {
  const { sent, jobs, t } = scene();
  await signUp(t, jobs, "ada@example.com");
  await t.advance("47h");
  expect(sent).toEqual(["ada@example.com: Welcome"]);
  await t.advance("1h");
  expect(sent).toEqual(["ada@example.com: Welcome", "ada@example.com: Still there?"]);
  await t.close();
});

test("a mail server that is away costs retries, not mails", async () => {
  const { sent, mail, jobs, t } = scene();
  mail.away = 2;
  await signUp(t, jobs, "ada@example.com");
  await t.advance("1m");
  expect(sent).toHaveLength(1);
  expect(await t.counters(jobs.welcome)).toMatchObject({ enqueued: 1, completed: 1, retried: 2, dead: 0 });
  await t.close();
});

test("one that stays away makes the welcome dead", async () => {
  const { mail, jobs, t } = scene();
  mail.away = Number.POSITIVE_INFINITY;
  const job = await t.enqueue(jobs.welcome, { to: "ada@example.com" });
  await t.runAll({ later: true });
  await expect(job.result()).rejects.toMatchObject({ code: "job-failed" });
  await t.close();
});

test("an answer of the store that is lost enqueues nothing twice", async () => {
  const { sent, jobs, t } = scene();
  t.fail({ verb: "enqueue", when: "after" });
  await signUp(t, jobs, "ada@example.com");
  await t.runAll({ later: true });
  expect(t.struck).toHaveLength(1);
  expect(sent).toHaveLength(2);
  await t.close();
});
