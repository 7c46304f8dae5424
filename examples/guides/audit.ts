import { type AuditHead, defineJob, millrace } from "millrace";

const sendEmail = defineJob({ name: "email.send", queue: "mail" });

/** Somebody stops the mail and cancels what was to go out; the heads are what to keep elsewhere. */
export async function stopTheMail(store: string, who: string): Promise<readonly AuditHead[]> {
  await using mr = millrace({ store, jobs: [sendEmail], actor: { kind: "process", id: "back-office" } });
  const { id } = await mr.enqueue(sendEmail, { to: "all" }, { tenant: "acme", delay: "1h" });
  const note = { actor: { kind: "user", id: who, role: "operator" }, reason: "wrong price list" } as const;
  await mr.queues.pause("mail", note);
  await mr.jobs.cancel(id, note);
  for (const { at, actor, type, resourceId } of (await mr.audit.list({ tenant: "acme" })).rows) {
    console.log(`${at} ${actor.id} ${type} ${resourceId}`); // 2026-11-29T22:06:25.000Z ann job.cancelled 019…
  }
  const { isSound } = await mr.audit.verify();
  if (!isSound) throw new Error("somebody has been at the audit");
  return await mr.audit.heads(); // [{ tenant: "acme", n: 1, hash: "8f2…" }, …]
}
