import { defineJob, millrace } from "millrace";

const sendInvoice = defineJob({ name: "invoice.send", queue: "invoices", run: () => "sent" });

export async function whyNotSent(store = "file:./.millrace") {
  const mr = millrace({ store, jobs: [sendInvoice] });
  try {
    const { id } = await mr.enqueue(sendInvoice, undefined, { delay: "10m" });
    await mr.queues.pause("invoices");
    const why = await mr.explain(id);
    for (const { says } of why?.reasons ?? []) console.log(says);
    const atWork = await mr.workers.list();
    return { state: why?.state, codes: why?.reasons.map(({ code }) => code), workers: atWork.length };
  } finally {
    await mr.close();
  }
}
