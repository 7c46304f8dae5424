import { defineJob, type Millrace } from "millrace";

export const welcome = defineJob({ name: "mail.welcome", run: async (_: { to: string }) => {} });
export const reindex = defineJob({ name: "index.rebuild", run: async (_: { page: string }) => {} });
export const booking = defineJob({
  name: "ledger.book",
  run: async (_: { account: string; cents: number }) => {},
});

export async function times(mr: Millrace) {
  await mr.enqueue(welcome, { to: "ada@example.com" }, { delay: "10m" });
  await mr.enqueue(welcome, { to: "ada@example.com" }, { runAt: "2030-01-01T08:00:00Z" });
  await mr.enqueue(welcome, { to: "ada@example.com" }, { ttl: "1h" });
}

export async function keys(mr: Millrace) {
  const input = { to: "ada@example.com" };
  const first = await mr.enqueue(welcome, input, { key: "user-42", keepFor: "1d" });
  const again = await mr.enqueue(welcome, input, { key: "user-42", mode: "return" });
  return { first: first.accepted, again: again.accepted, same: again.id === first.id };
}

export async function debounce(mr: Millrace) {
  await mr.enqueue(reindex, { page: "home" }, { key: "home", mode: "debounce", delay: "5s" });
  const last = await mr.enqueue(reindex, { page: "home" }, { key: "home", mode: "debounce", delay: "5s" });
  return last.accepted;
}

export async function many(mr: Millrace) {
  const inputs = [{ to: "ada@example.com" }, { to: "bob@example.com" }, { to: "ada@example.com" }];
  const { enqueued, duplicates } = await mr.enqueueMany(welcome, inputs, { key: (input) => input.to });
  return { enqueued, duplicates };
}

export async function ordering(mr: Millrace) {
  for (const cents of [500, -200, 100]) {
    await mr.enqueue(booking, { account: "7", cents }, { orderingKey: "account-7" });
  }
}

export async function queues(mr: Millrace) {
  await mr.queues.setCapacity("default", { total: 10_000, bulk: 1_000 });
  await mr.queues.pause("default");
  await mr.queues.resume("default");
  return mr.queues.list();
}
