import { defineJob, millrace } from "millrace";

const countWords = defineJob({
  name: "book.count-words",
  run: (input: { text: string }) => input.text.split(/\s+/).filter((word) => word !== "").length,
});

const countBook = defineJob({
  name: "book.count",
  run: async (input: { chapters: string[] }, ctx) => {
    if (ctx.children === undefined) {
      for (const text of input.chapters) ctx.enqueueChild(countWords, { text });
      ctx.log(`${input.chapters.length} chapters to count`);
      return ctx.waitForChildren({ policy: { kind: "tolerate", percent: 10 } });
    }
    let words = 0;
    for await (const child of ctx.childResults()) words += Number(child.result ?? 0);
    return { words, chapters: ctx.children.completed };
  },
});

export async function countTheBook(store = "file:./.millrace") {
  const mr = millrace({ store, jobs: [countBook, countWords] });
  try {
    const job = await mr.enqueue(countBook, { chapters: ["Call me Ishmael.", "I stuffed a shirt or two"] });
    mr.worker();
    return await job.result({ timeout: "30s" });
  } finally {
    await mr.close();
  }
}
